import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import type { ClusterStore } from './cluster-store.ts';
import { jobProfile } from './job-pods.ts';
import { labNamespace } from './namespace.ts';

const packageDirectory = fileURLToPath(new URL('../../jobs', import.meta.url));
/** An image of jobs has some; a client of S3 does not begin without, even where it speaks plain HTTP. */
const certificates = '/etc/ssl';

export interface JobStagesOptions {
  /** Of an administrator; the one of a worker lies beside it. */
  readonly kubeconfig: string;
  readonly store: ClusterStore;
  /** The folder that the sources of runs name. */
  readonly corpus: string;
  readonly profile?: Partial<KubernetesJobProfile>;
  readonly graceSeconds?: number;
}

/** What a platform file says where the real jobs are Jobs of the cluster, each with a GPU. */
export function jobsOnCluster({
  kubeconfig,
  store,
  corpus,
  profile,
  graceSeconds = 300,
}: JobStagesOptions): JsonObject {
  const usual = jobProfile({ packageDirectory, readable: [corpus, certificates], writable: [] });
  return {
    runner: 'kubernetes',
    kubeconfig: path.join(path.dirname(kubeconfig), 'worker.kubeconfig'),
    namespace: labNamespace,
    graceSeconds,
    defaults: {
      image: usual.image,
      imagePullPolicy: usual.imagePullPolicy,
      python: usual.python,
      memory: '4Gi',
      cpu: '100m',
      gpus: 1,
      sharedMemory: '64Mi',
      scratch: '2Gi',
      environment: { ...usual.environment, AWS_ENDPOINT_URL: store.endpoint, AWS_REGION: 'us-east-1' },
      environmentSecrets: [store.secret],
      pod: usual.pod,
      ...profile,
    } as unknown as JsonObject,
  };
}
