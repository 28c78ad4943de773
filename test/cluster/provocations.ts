import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { JobCategory } from '../../src/adapters/kubernetes/observation.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { labImage } from './image.ts';
import { nodeName } from './lab.ts';
import { labNamespace, quotaNamespace, restrictedNamespace } from './namespace.ts';

/** A job that runs, and where it is. */
export interface StruckJob {
  readonly client: ApiClient;
  /** Below the API server. */
  readonly jobPath: string;
  readonly podPath: string;
}

/** One row of the detection matrix: what is done to a real job, and what must be seen. */
export interface Provocation {
  readonly category: JobCategory;
  readonly how: string;
  /** In the words that people are shown; the end of a job that has an exit code has none. */
  readonly words?: RegExp;
  readonly exitCode?: number;
  readonly namespace?: string;
  readonly profile?: Partial<KubernetesJobProfile>;
  readonly parameters?: JsonObject;
  /** Done once the job runs. */
  readonly strike?: (job: StruckJob) => Promise<unknown>;
  /** What has to be put right again afterwards. */
  readonly mend?: (client: ApiClient) => Promise<unknown>;
}

const runsOn = { wait: true } as const;
const noVolume = {
  volumes: [{ name: 'none', configMap: { name: 'none' } }],
  volumeMounts: [{ name: 'none', mountPath: '/mnt' }],
};
const queueIsOver = /^\S+ for 3 s, which is all that queueSeconds allows/u;
const node = `/api/v1/nodes/${nodeName}`;
const urgentPod = `/api/v1/namespaces/${labNamespace}/pods`;

export const provocations: readonly Provocation[] = [
  { category: 'exited', how: 'exit code 0', exitCode: 0, parameters: { exitCode: 0 } },
  { category: 'exited', how: 'exit code 3', exitCode: 3, parameters: { exitCode: 3 } },
  { category: 'exited', how: 'exit code 65', exitCode: 65, parameters: { exitCode: 65 } },
  { category: 'running', how: 'it waits for a file', parameters: runsOn },
  {
    category: 'unschedulable',
    how: 'more GPUs than the node has',
    profile: { gpus: 9 },
    words: /Insufficient nvidia\.com\/gpu/u,
  },
  {
    category: 'unschedulable',
    how: 'a GPU product that no node has',
    profile: { gpuProducts: ['NVIDIA-H100-80GB-HBM3'] },
    words: /didn't match Pod's node affinity/u,
  },
  {
    category: 'quota',
    how: 'a ResourceQuota of no GPU',
    namespace: quotaNamespace,
    words: /exceeded quota: gpus/u,
  },
  {
    category: 'missing-service-account',
    how: 'a service account that is not there',
    profile: { serviceAccount: 'nobody' },
    words: /serviceaccount "nobody" not found/u,
  },
  {
    category: 'admission-denied',
    how: 'hostPath in a namespace of pod security `restricted`',
    namespace: restrictedNamespace,
    words: /violates PodSecurity "restricted/u,
  },
  {
    category: 'image-pull',
    how: 'an image that the node has not got, never to be pulled',
    profile: { image: 'localhost/none:1' },
    words: /ErrImageNeverPull/u,
  },
  {
    category: 'image-pull',
    how: 'a registry that refuses connections',
    profile: { image: '127.0.0.1:9/none:1', imagePullPolicy: 'Always' },
    words: /connection refused/u,
  },
  {
    category: 'image-pull',
    how: 'the name of no image',
    profile: { image: 'UPPER//none' },
    words: /InvalidImageName/u,
  },
  {
    category: 'missing-configuration',
    how: 'a Secret that is not there',
    profile: { environmentSecrets: ['made-by-nobody'] },
    words: /secret "made-by-nobody" not found/u,
  },
  {
    category: 'container-start',
    how: 'a command that is not in the image',
    profile: { python: '/nowhere/python' },
    words: /StartError/u,
  },
  {
    category: 'volume-or-network',
    how: 'a volume of a ConfigMap that is not there',
    profile: { pod: noVolume },
    words: /configmap "none" not found/u,
  },
  {
    category: 'unschedulable',
    how: 'the same GPUs, `queueSeconds: 3`',
    profile: { gpus: 9, queueSeconds: 3 },
    words: queueIsOver,
  },
  {
    category: 'quota',
    how: 'the same quota, `queueSeconds: 3`',
    namespace: quotaNamespace,
    profile: { queueSeconds: 3 },
    words: queueIsOver,
  },
  {
    category: 'suspended',
    how: 'suspended while it runs, `queueSeconds: 3`',
    profile: { queueSeconds: 3 },
    parameters: runsOn,
    words: queueIsOver,
    strike: suspend,
  },
  {
    category: 'volume-or-network',
    how: 'the same volume, `startSeconds: 5`',
    profile: { startSeconds: 5, pod: noVolume },
    words: /for 5 s, which is all that startSeconds allows: FailedMount/u,
  },
  {
    category: 'out-of-memory',
    how: 'more memory than its limit',
    parameters: { allocateMiB: 400 },
    exitCode: 137,
  },
  {
    category: 'out-of-storage',
    how: 'more files than its scratch holds',
    parameters: { ...runsOn, fillMiB: 96 },
    words: /exceeds the limit/u,
  },
  {
    category: 'deadline',
    how: '`deadlineSeconds: 3`',
    profile: { deadlineSeconds: 3 },
    parameters: runsOn,
    words: /longer than specified deadline/u,
  },
  {
    category: 'deleted',
    how: 'somebody deletes the Job',
    parameters: runsOn,
    words: /the Job is gone/u,
    strike: ({ client, jobPath }) =>
      client({ method: 'DELETE', path: jobPath, body: { propagationPolicy: 'Background' } }),
  },
  {
    category: 'disrupted',
    how: 'eviction, as `kubectl drain` asks for it',
    parameters: runsOn,
    words: /EvictionByEvictionAPI/u,
    strike: ({ client, podPath }) =>
      client({
        method: 'POST',
        path: `${podPath}/eviction`,
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: podPath.split('/').at(-1) } },
      }),
  },
  {
    category: 'disrupted',
    how: 'a NoExecute taint on the node',
    parameters: runsOn,
    words: /DeletionByTaintManager/u,
    strike: ({ client }) => taint(client, [{ key: 'broken', effect: 'NoExecute' }]),
    mend: (client) => taint(client, []),
  },
  {
    category: 'disrupted',
    how: 'a pod of higher priority that needs its GPUs',
    profile: { gpus: 8 },
    parameters: runsOn,
    words: /PreemptionByScheduler/u,
    strike: ({ client }) => client({ method: 'POST', path: urgentPod, body: urgent() }),
    mend: (client) => client({ method: 'DELETE', path: `${urgentPod}/urgent`, query: { gracePeriodSeconds: '0' } }),
  },
  {
    category: 'suspended',
    how: 'suspended while it runs, as Kueue does it',
    parameters: runsOn,
    words: /waits for its queue/u,
    strike: suspend,
  },
];

async function suspend({ client, jobPath }: StruckJob): Promise<unknown> {
  return client({ method: 'PATCH', path: jobPath, body: { spec: { suspend: true } } });
}

async function taint(client: ApiClient, taints: readonly unknown[]): Promise<unknown> {
  return client({ method: 'PATCH', path: node, body: { spec: { taints } } });
}

function urgent(): unknown {
  const limits = { 'nvidia.com/gpu': '8' };
  const container = { name: 'urgent', image: labImage, imagePullPolicy: 'Never' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'urgent' },
    spec: {
      priorityClassName: 'urgent',
      terminationGracePeriodSeconds: 0,
      containers: [{ ...container, resources: { limits } }],
    },
  };
}
