import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { z } from 'zod';

import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { ApiServer } from '../../src/adapters/kubernetes/api-server.ts';
import { createJobApi, jobsPath } from '../../src/adapters/kubernetes/job-api.ts';
import { createJobRecords } from '../../src/adapters/kubernetes/job-records.ts';
import { createKubernetesJobRunner } from '../../src/adapters/kubernetes/job-runner.ts';
import type { RenderedJob } from '../../src/adapters/kubernetes/job-spec.ts';
import { buildJob } from '../../src/adapters/kubernetes/job-spec.ts';
import { createPodLogStream } from '../../src/adapters/kubernetes/pod-log-stream.ts';
import type { KubernetesJobsPlatform } from '../../src/contracts/platform.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { testDocument } from '../../test/adapters/kubernetes/kubernetes-platform.ts';
import type { BenchCluster } from '../lab/bench-cluster.ts';
import { benchPlatform } from '../lab/bench-platform.ts';
import type { Kubectl } from './kubectl.ts';
import { writeManifest } from './kubectl.ts';

/** One of the ways in which the same Job is started. */
export interface Starter {
  readonly name: StarterName;
  /** What is done before the clock runs; the serial is new for each. */
  prepare(serial: number): Promise<StartJob>;
}

export type StarterName = 'windlass' | 'kubectl' | 'post';

/** Until the start is answered; gives the UID. */
type StartJob = () => Promise<string>;

export interface StarterOptions {
  readonly cluster: BenchCluster;
  /** With the rights of a worker. */
  readonly server: ApiServer;
  /** Null: not installed, and left out. */
  readonly kubectl: Kubectl | null;
}

const createdSchema = z.object({ metadata: z.object({ uid: z.string() }) });

export async function openStarters({ cluster, server, kubectl }: StarterOptions): Promise<readonly Starter[]> {
  const platform = benchPlatform(cluster);
  const objects = createDirectoryStore(pathToFileURL(path.join(cluster.root, 'store')).href);
  const documentUri = await createJobRecords(objects).keepDocument(testDocument);
  const job = buildJob(testDocument, { platform, documentUri });
  const creators = kubectl === null ? [] : [creator(kubectl, cluster.root, job)];
  return [submitter(server, platform, objects), ...creators, poster(server, platform, job)];
}

function submitter(server: ApiServer, platform: KubernetesJobsPlatform, objects: ObjectStore): Starter {
  const api = createJobApi(createApiClient(server), platform.namespace);
  const podLogs = createPodLogStream(server, platform.namespace);
  const runner = createKubernetesJobRunner({ platform, api, podLogs, objects });
  return {
    name: 'windlass',
    prepare: async (serial) => {
      const document = { ...testDocument, jobName: `train-windlass-${serial}` };
      return async () => (await runner.submit(document)).id;
    },
  };
}

/** The least that it takes: one request on a connection that is open, asking for what the others ask for. */
function poster(server: ApiServer, { namespace }: KubernetesJobsPlatform, job: RenderedJob): Starter {
  const client = createApiClient(server);
  const query = { fieldValidation: 'Strict' };
  return {
    name: 'post',
    prepare: async (serial) => {
      const body = renamed(job, `w-train-post-${serial}`);
      return async () => {
        const answer = await client({ method: 'POST', path: jobsPath(namespace), query, body });
        return createdSchema.parse(JSON.parse(answer.body.toString())).metadata.uid;
      };
    },
  };
}

function creator(kubectl: Kubectl, folder: string, job: RenderedJob): Starter {
  return {
    name: 'kubectl',
    prepare: async (serial) => {
      const file = await writeManifest(folder, renamed(job, `w-train-kubectl-${serial}`));
      return async () => kubectl.create(file);
    },
  };
}

function renamed(job: RenderedJob, name: string): RenderedJob {
  return { ...job, metadata: { ...job.metadata, name } };
}
