import { z } from 'zod';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobKind } from '../../contracts/stage.ts';
import { choiceOf, closedObject, integerField, listOf, requiredInteger, textOf } from './schema-fields.ts';

const quantityPhrase = 'a quantity of Kubernetes, such as "500m" or "16Gi"';
const namePhrase = 'a name of Kubernetes: lower-case letters, digits, "-" and "."';
const imagePhrase = 'an image, best by digest: "registry/name@sha256:…"';
const valuesPhrase = 'values by name, none of them a secret: those are named in environmentSecrets';
/** The name of a Job leaves three digits for that of the last pod's host. */
const mostNodes = 1000;
const oneNode = '1: a training alone is made for more, under stages.train';
const secretName = /secret|password|passwd|token$|credential|access_?key|api_?key|private_?key/i;

const quantity = z
  .string({ error: quantityPhrase })
  .regex(/^\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?$/, { error: quantityPhrase });
const name = z.string({ error: namePhrase }).regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, { error: namePhrase });
const words = z.record(z.string(), textOf(0, 4000), { error: 'texts by name' });
const object = z.record(z.string(), z.json(), { error: 'an object' });
const objects = listOf(object, { from: 0, to: 100 });

const environment = z
  .record(z.string(), textOf(0, 4000), { error: valuesPhrase })
  .refine((values) => !Object.keys(values).some((key) => secretName.test(key)), { error: valuesPhrase });

/** What the pod gets as it is. There is no field that loosens the security of the pod, and none for further containers. */
const pod = closedObject({
  labels: words.exactOptional(),
  annotations: words.exactOptional(),
  nodeSelector: words.exactOptional(),
  affinity: object.exactOptional(),
  tolerations: objects.exactOptional(),
  topologySpreadConstraints: objects.exactOptional(),
  priorityClassName: name.exactOptional(),
  runtimeClassName: name.exactOptional(),
  schedulerName: name.exactOptional(),
  imagePullSecrets: objects.exactOptional(),
  volumes: objects.exactOptional(),
  volumeMounts: objects.exactOptional(),
});

const fields = {
  kind: choiceOf(['Job', 'JobSet', 'TrainJob']),
  nodes: requiredInteger({ from: 1, to: mostNodes, about: 'Pods of a training; 1 for each other job.' }),
  image: z.string({ error: imagePhrase }).regex(/^\S{1,500}$/, { error: imagePhrase }),
  imagePullPolicy: choiceOf(['Always', 'IfNotPresent', 'Never']),
  python: textOf(1, 500),
  serviceAccount: name,
  runAsUser: requiredInteger({ from: 1, to: 4_294_967_294, about: 'User and group of the job.' }),
  cpu: quantity,
  memory: quantity,
  gpus: requiredInteger({ from: 0, to: 64, about: 'GPUs of the job, on each of its nodes.' }),
  gpuResource: textOf(1, 200),
  gpuProducts: listOf(textOf(1, 63), { from: 0, to: 50 }),
  sharedMemory: quantity,
  scratch: quantity,
  deadlineSeconds: requiredInteger({ from: 1, to: 31_536_000, about: 'Running time of the Job.' }).nullable(),
  queueSeconds: requiredInteger({ from: 1, to: 31_536_000, about: 'How long a job may wait for room.' }).nullable(),
  startSeconds: requiredInteger({
    from: 1,
    to: 31_536_000,
    about: 'How long a job that has a node may wait for its container.',
  }).nullable(),
  environment,
  environmentSecrets: listOf(name, { from: 0, to: 50 }),
  pod,
};

const profile = closedObject({
  ...fields,
  kind: fields.kind.default('Job'),
  nodes: fields.nodes.default(1).refine((nodes) => nodes === 1, { error: oneNode }),
  imagePullPolicy: fields.imagePullPolicy.default('IfNotPresent'),
  python: fields.python.default('python'),
  serviceAccount: fields.serviceAccount.default('windlass-job'),
  runAsUser: fields.runAsUser.default(65_532),
  cpu: fields.cpu.default('1'),
  memory: fields.memory.default('4Gi'),
  gpus: fields.gpus.default(0),
  gpuResource: fields.gpuResource.default('nvidia.com/gpu'),
  gpuProducts: fields.gpuProducts.default([]),
  sharedMemory: fields.sharedMemory.default('1Gi'),
  scratch: fields.scratch.default('20Gi'),
  deadlineSeconds: fields.deadlineSeconds.default(null),
  // Generous: they are to catch what nobody will mend, not what takes its time.
  queueSeconds: fields.queueSeconds.default(604_800),
  startSeconds: fields.startSeconds.default(3600),
  environment: fields.environment.default({}),
  environmentSecrets: fields.environmentSecrets.default([]),
  pod: fields.pod.default({}),
});

const stage = closedObject(fields).partial();
const jobKinds = [
  'prepare-data',
  'train',
  'convert',
  'build-engine',
  'evaluate',
  'import-model',
] as const satisfies readonly JobKind[];

/** `jobs` of a platform whose jobs are Kubernetes Jobs; all but the image has a default. */
export const kubernetesJobsSchema = closedObject({
  runner: z.literal('kubernetes'),
  kubeconfig: textOf(1, 4000)
    .nullable()
    .default(null)
    .describe("A kubeconfig file; null: the service account of the worker's own pod."),
  namespace: name.default('windlass-jobs').describe('Namespace of the Jobs.'),
  queue: name.nullable().default(null).describe('Kueue LocalQueue that admits the Jobs.'),
  graceSeconds: integerField({ from: 1, to: 86_400, preset: 300, about: 'Time between SIGTERM and SIGKILL.' }),
  ttlSeconds: integerField({
    from: 3600,
    to: 31_536_000,
    preset: 604_800,
    about: 'How long a finished Job is left where no worker comes to remove it.',
  }),
  defaults: profile.describe('The pod of every job.'),
  stages: z
    .partialRecord(choiceOf(jobKinds), stage, {
      error: (issue: { readonly code?: string }) =>
        issue.code === 'unrecognized_keys' ? jobKinds.join(', ') : 'pods by stage',
    })
    .superRefine((stages, context) => {
      for (const [kind, { nodes = 1 }] of Object.entries(stages))
        if (kind !== 'train' && nodes > 1)
          context.addIssue({ code: 'custom', path: [kind, 'nodes'], message: oneNode });
    })
    .default({})
    .describe('What differs from `defaults`, by stage.'),
});

/** JSON and YAML know no undefined: a field that is absent is absent. */
export function kubernetesJobsOf(parsed: z.output<typeof kubernetesJobsSchema>): KubernetesJobsPlatform {
  return parsed as KubernetesJobsPlatform;
}
