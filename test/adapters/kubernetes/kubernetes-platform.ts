import type { JobDocument } from '../../../src/contracts/job.ts';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../../src/contracts/platform.ts';

export const testProfile: KubernetesJobProfile = {
  kind: 'Job',
  nodes: 1,
  image: `registry.example/windlass-jobs@sha256:${'a'.repeat(64)}`,
  imagePullPolicy: 'IfNotPresent',
  python: 'python',
  serviceAccount: 'windlass-job',
  runAsUser: 65532,
  cpu: '2',
  memory: '8Gi',
  gpus: 0,
  gpuResource: 'nvidia.com/gpu',
  gpuProducts: [],
  sharedMemory: '1Gi',
  scratch: '20Gi',
  deadlineSeconds: null,
  queueSeconds: 604_800,
  startSeconds: 3600,
  environment: { AWS_REGION: 'eu-central-1' },
  environmentSecrets: ['windlass-store'],
  pod: {},
};

export const testPlatform: KubernetesJobsPlatform = {
  runner: 'kubernetes',
  kubeconfig: null,
  namespace: 'windlass-jobs',
  queue: null,
  graceSeconds: 300,
  ttlSeconds: 259_200,
  defaults: testProfile,
  stages: {},
};

export const testDocument: JobDocument = {
  schema: 'windlass.job/v1',
  stage: 'train',
  contractVersion: 1,
  jobName: 'train-0123456789abcdef-glossary-2026-11-25T10-00-00-a-long-name-that-goes-on-1',
  runId: 'glossary/2026-11-25',
  stageKey: `sha256:${'0'.repeat(64)}`,
  inputs: {},
  parameters: { steps: 10 },
  output: { uri: 's3://models/artifacts/checkpoint/0123456789abcdef/glossary-1', kind: 'checkpoint' },
};
