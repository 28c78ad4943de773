import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import type { JobDocument, JobHandle, JobState } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import { buildJobDocument, countRuns, goOn, hasStarted } from '../adapters/job-runner.contract.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import { labNamespace } from './namespace.ts';

const waiting = { timeout: 60_000, interval: 50 };
const kueueApi = '/apis/kueue.x-k8s.io/v1beta2';
const queuedState = { kind: 'queued', reason: expect.stringMatching(/^suspended: /u) as string };
const endedWell = { kind: 'exited', exitCode: 0 };
let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
  const { client } = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
  const flavor = { apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'ResourceFlavor', metadata: { name: 'lab' } };
  await client({ method: 'POST', path: `${kueueApi}/resourceflavors`, body: flavor });
});
afterAll(() => closeJobsFolder(root));

/** Of two GPUs; who is more urgent takes them from who is less. */
async function makeQueue({ client }: ClusterJobs, name: string): Promise<void> {
  const resources = Object.entries({ cpu: '4', memory: '4Gi', 'nvidia.com/gpu': '2' });
  const quotas = resources.map(([resource, nominalQuota]) => ({ name: resource, nominalQuota }));
  const of = (kind: string, spec: JsonObject): JsonObject => {
    return { apiVersion: 'kueue.x-k8s.io/v1beta2', kind, metadata: { name }, spec };
  };
  const shared = of('ClusterQueue', {
    namespaceSelector: {},
    preemption: { withinClusterQueue: 'LowerPriority' },
    resourceGroups: [
      { coveredResources: resources.map(([resource]) => resource), flavors: [{ name: 'lab', resources: quotas }] },
    ],
  });
  const own = of('LocalQueue', { clusterQueue: name });
  await client({ method: 'POST', path: `${kueueApi}/clusterqueues`, body: shared });
  await client({ method: 'POST', path: `${kueueApi}/namespaces/${labNamespace}/localqueues`, body: own });
}

const queueSchema = z.object({
  status: z.object({ pendingWorkloads: z.int(), reservingWorkloads: z.int() }),
});

describe.each(['Job', 'JobSet', 'TrainJob'] as const)('a %s with a queue of Kueue', (kind) => {
  const queue = `lab-${kind.toLowerCase()}`;
  const submitted: Submitted[] = [];

  beforeAll(async () => makeQueue(await open(), queue));
  afterEach(async () => {
    await Promise.all(submitted.splice(0).map(({ runner, handle }) => runner.remove(handle)));
  });

  interface Submitted extends ClusterJobs {
    readonly document: JobDocument;
    readonly handle: JobHandle;
  }

  async function open(profile: Partial<KubernetesJobProfile> = {}): Promise<ClusterJobs> {
    return openClusterJobs({ kubeconfig: inject('kubeconfig'), root, queue, profile: { kind, ...profile } });
  }

  async function submit(parameters: JsonObject, profile: Partial<KubernetesJobProfile> = {}): Promise<Submitted> {
    const jobs = await open(profile);
    const document = buildJobDocument(path.join(root, 'output'), parameters);
    const job = { ...jobs, document, handle: await jobs.runner.submit(document) };
    submitted.push(job);
    return job;
  }

  /** @returns kinds of all states that were seen on the way */
  async function becomes({ runner, handle }: Submitted, state: unknown): Promise<readonly string[]> {
    const seen = new Set<string>();
    await vi.waitFor(async () => {
      const found = await runner.inspect(handle);
      seen.add(found.kind);
      expect(found).toMatchObject(state as JobState);
    }, waiting);
    return [...seen];
  }

  async function hasRun({ document }: Submitted, times: number): Promise<void> {
    await vi.waitFor(async () => expect(await countRuns(document)).toBe(times), waiting);
  }

  async function statusOfQueue({ client }: ClusterJobs): Promise<z.infer<typeof queueSchema>['status']> {
    const { body } = await client({ method: 'GET', path: `${kueueApi}/clusterqueues/${queue}` });
    return queueSchema.parse(JSON.parse(body.toString())).status;
  }

  async function isEmpty(jobs: ClusterJobs): Promise<void> {
    const empty = { pendingWorkloads: 0, reservingWorkloads: 0 };
    await vi.waitFor(async () => expect(await statusOfQueue(jobs)).toEqual(empty), waiting);
  }

  it('runs when it is let through, and gives its room back when it has ended', async () => {
    const job = await submit({ meet: true }, { nodes: 2 });
    await becomes(job, endedWell);
    await isEmpty(job);
  });

  it('waits as a whole while there is no room for all of it, and then runs', async () => {
    const first = await submit({ wait: true });
    await hasStarted(first.document);
    const second = await submit({ meet: true }, { nodes: 2 });
    await becomes(second, queuedState);
    await vi.waitFor(
      async () => expect(await statusOfQueue(first)).toEqual({ pendingWorkloads: 1, reservingWorkloads: 1 }),
      waiting,
    );
    expect(await second.api.listPods(second.handle.id)).toEqual([]);
    expect(await second.runner.timeOf(second.handle)).toBeNull();
    await goOn(first.document);
    await becomes(second, endedWell);
  });

  it('is put back for one that is more urgent, is never taken for lost, and runs again', async () => {
    const job = await submit({ wait: true, onSigterm: 75 }, { nodes: 2 });
    await hasRun(job, 2);
    const urgent = await submit({ wait: true }, { pod: { priorityClassName: 'urgent' } });
    const seen = await becomes(job, queuedState);
    expect(seen.filter((state) => state === 'lost' || state === 'exited')).toEqual([]);
    await hasStarted(urgent.document);
    await goOn(urgent.document);
    await becomes(urgent, endedWell);
    await hasRun(job, 4);
    await goOn(job.document);
    await becomes(job, endedWell);
  });

  it('may be removed while it waits, and leaves nothing in its queue', async () => {
    const first = await submit({ wait: true }, { nodes: 2 });
    await hasStarted(first.document);
    const second = await submit({ wait: true });
    await becomes(second, queuedState);
    await second.runner.remove(second.handle);
    expect(await second.runner.inspect(second.handle)).toMatchObject({ kind: 'lost' });
    await first.runner.remove(first.handle);
    await isEmpty(first);
  });
});
