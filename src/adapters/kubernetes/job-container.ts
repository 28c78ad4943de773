import type { Container, EnvVar, ResourceRequirements, Volume, VolumeMount } from 'kubernetes-types/core/v1.js';
import type { KubernetesJobProfile } from '../../contracts/platform.ts';
import { annotationKeys } from './job-metadata.ts';
import type { RendezvousOptions } from './rendezvous.ts';
import { buildRendezvous } from './rendezvous.ts';

/** The container whose exit code is the job's. */
export const jobContainerName = 'job';
const workDirectory = '/windlass/work';

const fixedEnvironment = {
  HF_HUB_OFFLINE: '1',
  HOME: workDirectory,
  LANG: 'C.UTF-8',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONSAFEPATH: '1',
  PYTHONUNBUFFERED: '1',
  TOKENIZERS_PARALLELISM: 'false',
} as const;

/** What the contract hands to a job; progress goes into the log (docs/decisions/0020-jobs-on-kubernetes.md). */
function contractEnvironment(documentUri: string): Record<string, string> {
  return { WINDLASS_JOB: documentUri, WINDLASS_PROGRESS: '/dev/stdout', WINDLASS_WORK: workDirectory };
}

/** The pod's own annotation, which whoever reads the job from outside sees too. */
const traceVariable: EnvVar = {
  name: 'TRACEPARENT',
  valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${annotationKeys.traceparent}']` } },
};

export interface JobContainerOptions extends RendezvousOptions {
  readonly documentUri: string;
}

/** Exec form: the job is the first process of its container and gets the SIGTERM itself. */
export function buildContainer(options: JobContainerOptions): Container {
  const { stage, documentUri, profile } = options;
  const variables = { ...fixedEnvironment, ...profile.environment, ...contractEnvironment(documentUri) };
  return {
    name: jobContainerName,
    image: profile.image,
    imagePullPolicy: profile.imagePullPolicy,
    command: [profile.python, '-m', 'windlass_jobs', stage],
    workingDir: workDirectory,
    env: [...toVariables(variables), traceVariable, ...buildRendezvous(options)],
    envFrom: profile.environmentSecrets.map((name) => ({ secretRef: { name } })),
    resources: buildResources(profile),
    volumeMounts: buildMounts(profile),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  };
}

export function buildVolumes({ scratch, sharedMemory, pod }: KubernetesJobProfile): Volume[] {
  return [
    { name: 'windlass-work', emptyDir: { sizeLimit: scratch } },
    { name: 'windlass-tmp', emptyDir: { sizeLimit: scratch } },
    { name: 'windlass-shm', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } },
    ...((pod.volumes ?? []) as unknown as readonly Volume[]),
  ];
}

function buildMounts({ pod }: KubernetesJobProfile): VolumeMount[] {
  return [
    { name: 'windlass-work', mountPath: workDirectory },
    { name: 'windlass-tmp', mountPath: '/tmp' },
    { name: 'windlass-shm', mountPath: '/dev/shm' },
    ...((pod.volumeMounts ?? []) as unknown as readonly VolumeMount[]),
  ];
}

/** Memory and GPUs cannot be overcommitted, so that requests are limits; the processor may be used beyond its request. */
function buildResources({ cpu, memory, gpus, gpuResource }: KubernetesJobProfile): ResourceRequirements {
  const gpu = gpus === 0 ? {} : { [gpuResource]: String(gpus) };
  return { requests: { cpu, memory, ...gpu }, limits: { memory, ...gpu } };
}

function toVariables(values: Readonly<Record<string, string>>): EnvVar[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
