import { assert, property, string } from 'fast-check';
import type { EnvVar } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { buildJobService } from '../../../src/adapters/kubernetes/job-service.ts';
import { kubernetesName, labelValue, wrappedJobName } from '../../../src/adapters/kubernetes/job-name.ts';
import type { RenderedJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import { buildJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import { traceparentOf } from '../../../src/adapters/trace-context.ts';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../../src/contracts/platform.ts';
import { testDocument, testPlatform, testProfile } from './kubernetes-platform.ts';

const documentUri = 's3://models/jobs/train-1/document.json';
const specHash = 'windlass.dev/spec-hash';
const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/;
const labelPattern = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

function build(platform: Partial<KubernetesJobsPlatform> = {}): RenderedJob {
  return buildJob(testDocument, { platform: { ...testPlatform, ...platform }, documentUri });
}

function buildWith(profile: Partial<KubernetesJobProfile>): RenderedJob {
  return build({ defaults: { ...testProfile, ...profile } });
}

function rendezvousOf(job: RenderedJob): readonly EnvVar[] {
  const variables = job.spec.template.spec?.containers[0]?.env ?? [];
  return variables.filter(({ name }) => name.startsWith('PET_'));
}

describe('the name of a Job', () => {
  it('is a DNS label of at most 63 characters, whatever the job is called', () => {
    assert(property(string(), (text) => namePattern.test(kubernetesName(text))));
  });

  it('tells long names apart that begin alike, and names that differ in case only', () => {
    const long = 'train-'.padEnd(120, 'x');
    const names = [`${long}1`, `${long}2`, 'Train-1', 'train-1', 'train_1'].map(kubernetesName);
    expect(new Set(names).size).toBe(names.length);
  });

  it('leaves a run id as a label where Kubernetes allows it, and else makes one that it allows', () => {
    expect(labelValue('glossary-1')).toBe('glossary-1');
    assert(property(string(), (text) => labelPattern.test(labelValue(text))));
  });
});

describe('the Job of a document', () => {
  it('is the same whenever it is built, and has another hash for another document, image or grace', () => {
    expect(build()).toEqual(build());
    const other = buildJob({ ...testDocument, parameters: { steps: 11 } }, { platform: testPlatform, documentUri });
    const hashes = [build(), other, buildWith({ image: 'jobs:2' }), build({ graceSeconds: 5 })].map(
      (job) => job.metadata.annotations[specHash],
    );
    expect(new Set(hashes).size).toBe(4);
    expect(hashes[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('is never tried again by Kubernetes, and leads back to its run', () => {
    const job = build();
    expect(job.spec).toMatchObject({
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: 259_200,
    });
    expect(job.spec).not.toHaveProperty('activeDeadlineSeconds');
    expect(job.metadata.annotations).toMatchObject({
      'windlass.dev/run-id': 'glossary/2026-11-25',
      'windlass.dev/job-name': testDocument.jobName,
      'windlass.dev/stage-key': testDocument.stageKey,
      'windlass.dev/output-uri': testDocument.output.uri,
      'windlass.dev/document-uri': documentUri,
    });
    expect(job.metadata.labels['windlass.dev/run']).toMatch(/^glossary-2026-11-25-[0-9a-f]{16}$/);
  });

  it('carries the trace context of its run, on the Job and into the environment of its pod', () => {
    const { metadata, spec } = build();
    const [key, value] = ['windlass.dev/traceparent', traceparentOf(testDocument)];
    expect(metadata.annotations[key]).toBe(value);
    expect(spec.template.metadata?.annotations?.[key]).toBe(value);
    expect(spec.template.spec?.containers[0]?.env?.at(-1)).toEqual({
      name: 'TRACEPARENT',
      valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${key}']` } },
    });
  });

  it('asks for a queue by label and leaves suspending to Kueue', () => {
    const job = build({ queue: 'training' });
    expect(job.metadata.labels['kueue.x-k8s.io/queue-name']).toBe('training');
    expect(job.spec).not.toHaveProperty('suspend');
  });

  it('takes what a stage asks for over what all have', () => {
    const stages = { train: { gpus: 4, deadlineSeconds: 3600 }, convert: { gpus: 1 } };
    const { spec } = build({ stages });
    expect(spec.activeDeadlineSeconds).toBe(3600);
    expect(spec.template.spec?.containers[0]?.resources?.limits).toMatchObject({
      'nvidia.com/gpu': '4',
      memory: '8Gi',
    });
  });
});

describe('the Job of a training on several nodes', () => {
  const gang = { nodes: 3, gpus: 2 };

  it('is one of indexed pods, of which none is replaced, and which notes that the cluster took one', () => {
    const job = buildWith(gang);
    expect(job.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimit: 0,
      podFailurePolicy: { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
    });
    expect(job.spec.template.spec?.subdomain).toBe(job.metadata.name);
    expect(job.spec.template.metadata?.labels).toMatchObject({ 'windlass.dev/nodes': '3' });
  });

  it('tells each pod its rank, and where the first one is', () => {
    const job = buildWith(gang);
    const { name } = job.metadata;
    const rank = { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } };
    expect(rendezvousOf(job)).toEqual([
      { name: 'PET_NNODES', value: '3' },
      { name: 'PET_NPROC_PER_NODE', value: '2' },
      { name: 'PET_NODE_RANK', valueFrom: rank },
      { name: 'PET_MASTER_ADDR', value: `${name}-0.${name}` },
      { name: 'PET_MASTER_PORT', value: '29500' },
    ]);
    expect(rendezvousOf(buildWith({ nodes: 2 }))[1]).toEqual({ name: 'PET_NPROC_PER_NODE', value: '1' });
  });

  it('has a name that leaves room for that of its last pod', () => {
    const long = 'train-'.padEnd(120, 'x');
    expect(`${kubernetesName(long)}-999`).toMatch(namePattern);
    expect(`${wrappedJobName(long)}-999-x7k2p`).toMatch(namePattern);
  });

  it('has a Service that goes with it, and names its pods before they are ready', () => {
    const job = buildWith(gang);
    const service = buildJobService(job, 'uid-1');
    const { name } = job.metadata;
    expect(service.metadata).toMatchObject({
      name,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: 'uid-1' }],
    });
    expect(service.spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { 'batch.kubernetes.io/controller-uid': 'uid-1' },
    });
  });
});

describe('the Job of a training on one node', () => {
  it('with several GPUs is told how many processes it is', () => {
    expect(Object.fromEntries(rendezvousOf(buildWith({ gpus: 4 })).map(({ name, value }) => [name, value]))).toEqual({
      PET_NNODES: '1',
      PET_NPROC_PER_NODE: '4',
      PET_NODE_RANK: '0',
      PET_MASTER_ADDR: '127.0.0.1',
      PET_MASTER_PORT: '29500',
    });
    const evaluation = { platform: { ...testPlatform, defaults: { ...testProfile, gpus: 4 } }, documentUri };
    expect(rendezvousOf(buildJob({ ...testDocument, stage: 'evaluate' }, evaluation))).toEqual([]);
  });

  it.each([
    [{}, 'sha256:cd4786f9aae5a2c8b7e0321954b013d2a5195dcbf5c23803e12558c0bd1c3b1d'],
    [{ gpus: 1, deadlineSeconds: 60 }, 'sha256:51e0d2e2e3aa96c15a783f4d431cab6a5fcc54fcccf53ed65c876215533a5e05'],
  ])(
    'with one GPU at most keeps the spec hash by which a worker of this version adopts what another one has made: %j',
    (profile, hash) => {
      const job = build({ queue: 'q', defaults: { ...testProfile, ...profile } });
      expect(job.metadata.annotations[specHash]).toBe(hash);
    },
  );
});

describe('the pod of a job', () => {
  it('keeps the pod security standard "restricted" and has no token', () => {
    const pod = build().spec.template.spec;
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 300,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
  });

  it('runs the stage as first process, with the contract in its environment and secrets by reference only', () => {
    const container = build().spec.template.spec?.containers[0];
    expect(container?.command).toEqual(['python', '-m', 'windlass_jobs', 'train']);
    const values = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      AWS_REGION: 'eu-central-1',
      WINDLASS_JOB: documentUri,
      WINDLASS_PROGRESS: '/dev/stdout',
      WINDLASS_WORK: '/windlass/work',
    });
    expect(container?.envFrom).toEqual([{ secretRef: { name: 'windlass-store' } }]);
  });

  it('can write to its scratch, /tmp and a shared memory of its own size', () => {
    const pod = buildWith({ sharedMemory: '16Gi' }).spec.template.spec;
    expect(pod?.containers[0]?.volumeMounts?.map((mount) => mount.mountPath)).toEqual([
      '/windlass/work',
      '/tmp',
      '/dev/shm',
    ]);
    expect(pod?.volumes?.[2]).toEqual({ name: 'windlass-shm', emptyDir: { medium: 'Memory', sizeLimit: '16Gi' } });
  });

  it('comes onto GPU nodes of the named products only, together with what the platform demands of nodes', () => {
    const zone = { key: 'zone', operator: 'In', values: ['a'] };
    const rack = { key: 'rack', operator: 'Exists' };
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [zone] }, { matchExpressions: [rack] }],
        },
      },
    };
    const pod = buildWith({ gpus: 1, gpuProducts: ['H100', 'H200'], pod: { affinity } }).spec.template.spec;
    const product = { key: 'nvidia.com/gpu.product', operator: 'In', values: ['H100', 'H200'] };
    expect(pod?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual([
      { matchExpressions: [zone, product] },
      { matchExpressions: [rack, product] },
    ]);
    expect(pod?.tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
  });

  it('takes a MIG slice by its resource name, and no GPU affinity or toleration where it needs none', () => {
    const sliced = buildWith({ gpus: 1, gpuResource: 'nvidia.com/mig-1g.10gb' }).spec.template.spec;
    expect(sliced?.containers[0]?.resources?.limits).toMatchObject({ 'nvidia.com/mig-1g.10gb': '1' });
    const plain = buildWith({ gpuProducts: ['H100'] }).spec.template.spec;
    expect(plain).not.toHaveProperty('affinity');
    expect(plain?.tolerations).toEqual([]);
  });

  it('takes further fields of the platform, but none of its labels replaces ours', () => {
    const pod = {
      labels: { team: 'language', 'app.kubernetes.io/name': 'other' },
      nodeSelector: { disk: 'fast' },
      priorityClassName: 'batch',
      tolerations: [{ key: 'spot', operator: 'Exists' }],
      volumes: [{ name: 'store', persistentVolumeClaim: { claimName: 'store' } }],
      volumeMounts: [{ name: 'store', mountPath: '/store' }],
    };
    const template = buildWith({ pod }).spec.template;
    expect(template?.metadata?.labels).toMatchObject({ team: 'language', 'app.kubernetes.io/name': 'windlass-job' });
    expect(template?.spec).toMatchObject({ nodeSelector: { disk: 'fast' }, priorityClassName: 'batch' });
    expect(template?.spec).toMatchObject({
      tolerations: pod.tolerations,
      volumes: expect.arrayContaining(pod.volumes) as unknown,
      containers: [{ volumeMounts: expect.arrayContaining(pod.volumeMounts) as unknown }],
    });
  });
});
