import { pathToFileURL } from 'node:url';
import path from 'node:path';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { ApiServer } from '../../src/adapters/kubernetes/api-server.ts';
import type { JobApi } from '../../src/adapters/kubernetes/job-api.ts';
import { createJobApi } from '../../src/adapters/kubernetes/job-api.ts';
import { createKubernetesJobRunner } from '../../src/adapters/kubernetes/job-runner.ts';
import type { JobWatch } from '../../src/adapters/kubernetes/job-watch.ts';
import { createJobWatch } from '../../src/adapters/kubernetes/job-watch.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { createPodLogStream } from '../../src/adapters/kubernetes/pod-log-stream.ts';
import type { LimitsOf } from '../../src/adapters/kubernetes/wait-limits.ts';
import { createLimitsOf } from '../../src/adapters/kubernetes/wait-limits.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import { clusterPlatform } from './job-pods.ts';

/** A runner on the cluster, with the rights of a worker, and what its tests ask the API server by themselves. */
export interface ClusterJobs {
  readonly runner: JobRunner;
  /** What the runner looks into; it begins with the first look. */
  readonly watch: JobWatch;
  readonly api: JobApi;
  readonly limitsOf: LimitsOf;
  /** As an administrator. */
  readonly client: ApiClient;
}

export interface ClusterJobsOptions {
  readonly kubeconfig: string;
  /** Jobs write below it, and their documents stand there. */
  readonly root: string;
  readonly profile?: Partial<KubernetesJobProfile>;
  readonly namespace?: string;
  /** Of Kueue. */
  readonly queue?: string;
}

export async function openClusterJobs({
  kubeconfig,
  root,
  profile = {},
  namespace,
  queue,
}: ClusterJobsOptions): Promise<ClusterJobs> {
  const usual = clusterPlatform(kubeconfig, root);
  const pod = { ...usual.defaults.pod, ...profile.pod };
  const platform = {
    ...usual,
    namespace: namespace ?? usual.namespace,
    queue: queue ?? usual.queue,
    defaults: { ...usual.defaults, ...profile, pod },
  };
  const client = createApiClient(await serverOfKubeconfig(kubeconfig));
  const server = await workerServer(kubeconfig);
  const api = createJobApi(createApiClient(server), platform.namespace);
  const podLogs = createPodLogStream(server, platform.namespace);
  const watch = createJobWatch({ server, namespace: platform.namespace });
  const objects = createDirectoryStore(pathToFileURL(path.join(root, 'store')).href);
  const runner = createKubernetesJobRunner({ platform, api, podLogs, objects, watch });
  return { runner, watch, api, limitsOf: createLimitsOf(platform), client };
}

/** The API server, with the rights of a worker. */
export async function workerServer(kubeconfig: string): Promise<ApiServer> {
  return serverOfKubeconfig(path.join(path.dirname(kubeconfig), 'worker.kubeconfig'));
}

/** Whether the API server has something at this path. */
export async function isThere({ client }: ClusterJobs, at: string): Promise<boolean> {
  return client({ method: 'GET', path: at }).then(
    () => true,
    () => false,
  );
}
