import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { AdapterError } from '../../../src/adapters/errors.ts';
import { ensureKindsAreServed } from '../../../src/adapters/kubernetes/job-kinds.ts';
import { createKubernetesJobRunner } from '../../../src/adapters/kubernetes/job-runner.ts';
import { buildJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import { objectsOf } from '../../../src/adapters/kubernetes/submit-objects.ts';
import type { JobDocument } from '../../../src/contracts/job.ts';
import type {
  KubernetesJobKind,
  KubernetesJobProfile,
  KubernetesJobsPlatform,
} from '../../../src/contracts/platform.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import type { FakeCluster } from './fake-job-api.ts';
import { createFakeCluster } from './fake-job-api.ts';
import { testDocument, testPlatform, testProfile } from './kubernetes-platform.ts';
import { exited, podObject } from './seen-jobs.ts';

const submitted = /^w-train-0123456789abcdef-glos-[0-9a-f]{16}$/;
let folder: string;
let cluster: FakeCluster;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-kinds-'));
  cluster = createFakeCluster();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

function platformOf(profile: Partial<KubernetesJobProfile>): KubernetesJobsPlatform {
  return { ...testPlatform, queue: 'training', graceSeconds: 1, defaults: { ...testProfile, ...profile } };
}

function rendered(document: JobDocument, profile: Partial<KubernetesJobProfile>): ReturnType<typeof buildJob> {
  const documentUri = `${pathToFileURL(folder).href}/jobs/${document.jobName}/document.json`;
  return buildJob(document, { platform: platformOf(profile), documentUri });
}

function objectsFor(profile: Partial<KubernetesJobProfile>, document = testDocument): ReturnType<typeof objectsOf> {
  const { kind } = profile;
  if (kind === undefined || kind === 'Job') throw new Error('a kind that makes Jobs');
  return objectsOf(rendered(document, profile), kind, platformOf(profile));
}

describe('a job as a JobSet', () => {
  it('is the Job that is asked for, with queue and time to live on what stands for it', () => {
    const [jobSet] = objectsFor({ kind: 'JobSet', nodes: 2 });
    const { spec, metadata } = rendered(testDocument, { kind: 'JobSet', nodes: 2 });
    expect(jobSet?.body).toMatchObject({
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: expect.stringMatching(submitted) as string, annotations: metadata.annotations },
      spec: {
        network: { enableDNSHostnames: true, publishNotReadyAddresses: true },
        ttlSecondsAfterFinished: 259_200,
        replicatedJobs: [{ name: 'node', replicas: 1, template: { spec } }],
      },
    });
    expect(jobSet?.body.metadata.labels['kueue.x-k8s.io/queue-name']).toBe('training');
    expect(metadata.labels).not.toHaveProperty('kueue.x-k8s.io/queue-name');
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished');
    expect(metadata.name).toBe(`${jobSet?.body.metadata.name ?? ''}-node-0`);
  });

  it('has no Service where it has one pod', () => {
    expect(objectsFor({ kind: 'JobSet' })[0]?.body.spec).toMatchObject({ network: { enableDNSHostnames: false } });
  });
});

describe('a job as a TrainJob', () => {
  it('refers to a runtime that jobs of one platform share, and holds all that is its own', () => {
    const other = { ...testDocument, jobName: 'train-other-1', runId: 'other' };
    const [runtime, trainJob] = objectsFor({ kind: 'TrainJob', nodes: 2 });
    const [sameRuntime, otherJob] = objectsFor({ kind: 'TrainJob', nodes: 2 }, other);
    expect(sameRuntime).toEqual(runtime);
    expect(otherJob?.body.metadata.name).not.toBe(trainJob?.body.metadata.name);
    expect(objectsFor({ kind: 'TrainJob', nodes: 3 })[0]?.body.metadata.name).not.toBe(runtime?.body.metadata.name);
    expect(JSON.stringify(runtime)).not.toContain(testDocument.jobName);
    expect(runtime?.body).toMatchObject({
      kind: 'TrainingRuntime',
      metadata: { name: expect.stringMatching(/^windlass-[0-9a-f]{16}$/) as string },
      spec: { template: { spec: { ttlSecondsAfterFinished: 259_200 } } },
    });
  });

  it('patches the runtime with its environment and with what leads back to its run', () => {
    const [runtime, trainJob] = objectsFor({ kind: 'TrainJob' });
    const { metadata, spec } = rendered(testDocument, { kind: 'TrainJob' });
    const { labels, annotations } = metadata;
    const containers = [{ name: 'job', env: spec.template.spec?.containers[0]?.env }];
    const pod = { metadata: spec.template.metadata, spec: { containers } };
    const own = { metadata: { labels, annotations }, spec: { template: pod } };
    expect(trainJob?.body).toMatchObject({
      metadata: { annotations, labels: { ...labels, 'kueue.x-k8s.io/queue-name': 'training' } },
      spec: {
        runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: runtime?.body.metadata.name },
        runtimePatches: [
          {
            manager: 'windlass.dev/jobs-worker',
            trainingRuntimeSpec: { template: { spec: { replicatedJobs: [{ name: 'node', template: own }] } } },
          },
        ],
      },
    });
  });
});

function runnerOf(kind: KubernetesJobKind): JobRunner {
  const objects = createDirectoryStore(pathToFileURL(folder).href);
  return createKubernetesJobRunner({
    platform: platformOf({ kind }),
    api: cluster.api,
    podLogs: cluster.podLogs,
    objects,
  });
}

/** As a webhook does; who asks gets the number of refusals. */
function refuseTrainJobs(times: number, message: (runtime: string) => string): () => number {
  const api = { ...cluster.api };
  let refusals = 0;
  vi.spyOn(cluster.api, 'createObject').mockImplementation(async (object) => {
    if (object.body.kind !== 'TrainJob' || refusals === times) return api.createObject(object);
    refusals += 1;
    const [key = ''] = [...cluster.objects.keys()].filter((one) => one.startsWith('trainingruntimes/'));
    const details = { status: 403, reason: 'Forbidden' };
    throw new AdapterError('AccessDenied', message(path.basename(key)), { system: 'jobs', details });
  });
  return () => refusals;
}

describe('a TrainJob whose runtime was just made', () => {
  it('is sent again while a webhook does not see the runtime yet', async () => {
    const refusals = refuseTrainJobs(
      2,
      (runtime) => `admission webhook denied the request: runtime '${runtime}' not found`,
    );
    const { id } = await runnerOf('TrainJob').submit(testDocument);
    expect([...cluster.jobs.values()].map(({ uid }) => uid)).toEqual([id]);
    expect(refusals()).toBe(2);
  });

  it('is not sent again where it is refused for something else', async () => {
    const refusals = refuseTrainJobs(2, () => 'admission webhook denied the request: no');
    await expect(runnerOf('TrainJob').submit(testDocument)).rejects.toMatchObject({ failure: 'AccessDenied' });
    expect(refusals()).toBe(1);
  });
});

describe.each(['JobSet', 'TrainJob'] as const)('a %s', (kind) => {
  const own = kind === 'JobSet' ? 'jobsets' : 'trainjobs';
  const openRunner = (): JobRunner => runnerOf(kind);

  it('is one, known by the UID of its Job, however often it is submitted', async () => {
    const runner = openRunner();
    const handle = await runner.submit(testDocument);
    expect(await runner.submit(testDocument)).toEqual(handle);
    expect([...cluster.jobs.values()].map(({ uid }) => uid)).toEqual([handle.id]);
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'queued' });
    expect(await runner.list()).toMatchObject([{ handle }]);
  });

  it('is removed as what was submitted, and its end stays known', async () => {
    const runner = openRunner();
    const handle = await runner.submit(testDocument);
    cluster.pod = podObject({ status: { phase: 'Failed' }, container: exited(65) });
    await runner.remove(handle);
    expect(cluster.calls.filter((call) => call.startsWith('delete'))).toEqual([`delete ${own}`, 'delete']);
    expect(cluster.jobs.size).toBe(0);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 65 });
    expect((await runner.submit(testDocument)).id).toBe(handle.id);
    expect(cluster.jobs.size).toBe(0);
  });

  it('is removed too where somebody has deleted its Job, which would be made again', async () => {
    const runner = openRunner();
    const handle = await runner.submit(testDocument);
    cluster.jobs.clear();
    await runner.remove(handle);
    expect([...cluster.objects.keys()].filter((key) => key.startsWith(own))).toEqual([]);
  });

  it('does not take what another spec has under its name', async () => {
    await openRunner().submit(testDocument);
    const document = { ...testDocument, parameters: { steps: 11 } };
    await expect(openRunner().submit(document)).rejects.toMatchObject({ failure: 'Conflict' });
  });

  it('is not taken while it is being deleted, for its Job goes too', async () => {
    const runner = openRunner();
    await runner.submit(testDocument);
    cluster.isEnding = true;
    await expect(runner.submit(testDocument)).rejects.toMatchObject({ failure: 'Conflict' });
  });

  it('says what to look at while no controller makes its Job', async () => {
    let nowMs = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => (nowMs += 15_000));
    const runner = openRunner();
    cluster.hasControllers = false;
    await expect(runner.submit(testDocument)).rejects.toThrow(
      new RegExp(`^${kind} w-train-.* has no Job after 20 s .*check that the controller of ${kind}s runs$`, 'u'),
    );
  });
});

describe('a platform that gets another kind while a job of it stands', () => {
  it.each([
    ['Job', 'JobSet'],
    ['Job', 'TrainJob'],
    ['JobSet', 'Job'],
    ['JobSet', 'TrainJob'],
    ['TrainJob', 'Job'],
    ['TrainJob', 'JobSet'],
  ] as const)('starts no second one: %s, then %s', async (before, after) => {
    const handle = await runnerOf(before).submit(testDocument);
    const callsBefore = [...cluster.calls];
    await expect(runnerOf(after).submit(testDocument)).rejects.toMatchObject({
      failure: 'Conflict',
      message: `the job name ${testDocument.jobName} is taken by a ${before}, asked for a ${after}`,
    });
    expect(cluster.calls).toEqual(callsBefore);
    expect(await runnerOf(after).inspect(handle)).toMatchObject({ kind: 'queued' });
  });
});

describe('the kinds of a platform', () => {
  it('are asked for at the start of a worker, and named where the cluster does not know them', async () => {
    const asked: string[] = [];
    const platform = { ...testPlatform, stages: { train: { kind: 'TrainJob' } } } as const;
    const refusal = new AdapterError('NotFound', 'no', { system: 'jobs', details: { status: 404 } });
    const client = async ({ path: at }: { readonly path: string }): Promise<never> => {
      asked.push(at);
      throw refusal;
    };
    await ensureKindsAreServed(client, testPlatform);
    await expect(ensureKindsAreServed(client, platform)).rejects.toThrow(
      'does not know trainer.kubeflow.org/v1alpha1 TrainJob: install Kubeflow Trainer there',
    );
    expect(asked).toEqual(['/apis/trainer.kubeflow.org/v1alpha1']);
  });
});
