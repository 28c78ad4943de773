import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { AdapterError } from '../../../src/adapters/errors.ts';
import { createKubernetesJobRunner } from '../../../src/adapters/kubernetes/job-runner.ts';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../../src/contracts/platform.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import type { FakeCluster } from './fake-job-api.ts';
import { createFakeCluster } from './fake-job-api.ts';
import { testDocument, testPlatform, testProfile } from './kubernetes-platform.ts';
import { at, exited, podObject } from './seen-jobs.ts';

const running = podObject({ status: { phase: 'Running' }, container: { running: { startedAt: at(3) } } });
let folder: string;
let objects: ObjectStore;
let cluster: FakeCluster;
let runner: JobRunner;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-kubernetes-'));
  objects = createDirectoryStore(pathToFileURL(folder).href);
  cluster = createFakeCluster();
  runner = runnerWith(cluster);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function runnerWith(
  { api, podLogs }: FakeCluster,
  profile: Partial<KubernetesJobProfile> = {},
  stages: KubernetesJobsPlatform['stages'] = {},
): JobRunner {
  const platform = { ...testPlatform, graceSeconds: 1, defaults: { ...testProfile, ...profile }, stages };
  return createKubernetesJobRunner({ platform, api, podLogs, objects });
}

async function read(key: string): Promise<unknown> {
  return JSON.parse(Buffer.from(await objects.get(key)).toString()) as unknown;
}

describe('the kubernetes job runner', () => {
  it('puts the document into the store and tells the job where', async () => {
    await runner.submit(testDocument);
    const [entry] = cluster.jobs.values();
    const uri = entry?.job.metadata.annotations['windlass.dev/document-uri'] ?? '';
    expect(uri).toContain(`${objects.rootUri}/jobs/${testDocument.jobName}/`);
    expect(await read(uri.slice(objects.rootUri.length + 1))).toEqual(testDocument);
  });

  it('adopts a Job of the same spec, and refuses one of another with both digests', async () => {
    const handle = await runner.submit(testDocument);
    expect(await runner.submit(testDocument)).toEqual(handle);
    const refusal = await runner.submit({ ...testDocument, parameters: {} }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ failure: 'Conflict', system: 'jobs' });
    expect(String(refusal).match(/sha256:[0-9a-f]{64}/g)).toHaveLength(2);
    expect(cluster.jobs.size).toBe(1);
  });

  it('stops the pod, keeps its end, and only then deletes the Job', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = running;
    cluster.log = 'step 1\nstep 2\n';
    cluster.stopsWith = 75;
    await runner.remove(handle);
    expect(cluster.calls).toEqual(['create', 'stop', 'delete']);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
    expect(await runner.logTail(handle)).toBe('step 1\nstep 2');
    expect(await runner.timeOf(handle)).toMatchObject({ startedMs: Date.parse(at(3)), endedMs: Date.parse(at(9)) });
    expect(await read(`jobs/${testDocument.jobName}/objects.json`)).toMatchObject({
      job: { kind: 'Job' },
      pods: [{ status: { phase: 'Failed' } }],
    });
  });

  it('goes on where a worker died after it had stopped the pod, or before it deleted the Job', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = running;
    cluster.beforeDelete = () => {
      cluster.beforeDelete = () => {};
      throw new Error('the worker dies');
    };
    await expect(runner.remove(handle)).rejects.toThrow('the worker dies');
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 143 });
    await runnerWith(cluster).remove(handle);
    expect(cluster.jobs.size).toBe(0);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 143 });
  });

  it('never runs a job again that was removed', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = podObject({ status: { phase: 'Failed' }, container: exited(70) });
    await runner.remove(handle);
    expect(await runner.submit(testDocument)).toEqual(handle);
    expect(cluster.jobs.size).toBe(0);
    await expect(runner.submit({ ...testDocument, parameters: {} })).rejects.toMatchObject({ failure: 'Conflict' });
  });

  it('keeps that a job was removed before it began', async () => {
    const handle = await runner.submit(testDocument);
    await runner.remove(handle);
    expect(cluster.calls).not.toContain('stop');
    expect(await runner.inspect(handle)).toEqual({ kind: 'lost', reason: 'the job was removed before it started' });
  });

  it.each([
    ['for room', null, { queueSeconds: 5 }, 'QueueTimedOut'],
    ['for its container', podObject(), { startSeconds: 5 }, 'StartTimedOut'],
  ])('gives up a job that waited %s for too long, keeps that, and lists it as one that waits', async (...row) => {
    const [, pod, limits, failure] = row;
    runner = runnerWith(cluster, {}, { train: limits });
    const handle = await runner.submit(testDocument);
    cluster.pod = pod;
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost', failure });
    // Whoever ends what nobody waits for any more ends what may still begin.
    expect(await runner.list()).toMatchObject([{ state: { kind: 'queued' } }]);
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost', failure });
    const lenient = runnerWith(cluster, {}, { convert: { queueSeconds: 1, startSeconds: 1 } });
    const next = await lenient.submit({ ...testDocument, jobName: `${testDocument.jobName}2` });
    expect(await lenient.inspect(next)).toMatchObject({ kind: 'queued' });
  });

  it('leaves alone what was made under its name by somebody else', async () => {
    const handle = await runner.submit(testDocument);
    const [name, entry] = [...cluster.jobs.entries()][0] ?? [];
    cluster.jobs.set(name ?? '', { ...(entry as NonNullable<typeof entry>), uid: 'another' });
    await runner.remove(handle);
    expect(cluster.calls).toEqual(['create']);
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost', failure: 'JobLost' });
  });

  it('lists no Job of another installation that shares the namespace', async () => {
    const elsewhere = createDirectoryStore(pathToFileURL(path.join(folder, 'other')).href);
    const { api, podLogs } = cluster;
    const other = createKubernetesJobRunner({ platform: testPlatform, api, podLogs, objects: elsewhere });
    const { name } = await other.submit(testDocument);
    expect(await runner.list()).toEqual([]);
    expect(await other.list()).toMatchObject([{ handle: { name } }]);
  });

  it('lists Jobs with the run they are of, what they do, and the GPUs that they have', async () => {
    runner = runnerWith(cluster, { gpus: 2 });
    const handle = await runner.submit(testDocument);
    const found = { handle, runId: testDocument.runId, submittedMs: Date.parse(at(0)), gpus: 2 };
    expect(await runner.list()).toMatchObject([
      { ...found, state: { kind: 'queued' }, category: 'no-pod', time: null },
    ]);
    cluster.pod = running;
    const time = { startedMs: Date.parse(at(3)), endedMs: null };
    expect(await runner.list()).toEqual([{ ...found, state: { kind: 'running' }, category: 'running', time }]);
    cluster.pod = podObject({ status: { phase: 'Failed' }, container: exited(65) });
    expect(await runner.list()).toMatchObject([{ state: { kind: 'exited', exitCode: 65 } }]);
    await runner.remove(handle);
    expect(await runner.list()).toEqual([]);
  });

  it('counts slices of GPUs by the name that the platform has for them', async () => {
    runner = runnerWith(cluster, { gpus: 3, gpuResource: 'nvidia.com/mig-1g.10gb' });
    await runner.submit(testDocument);
    expect(await runner.list()).toMatchObject([{ gpus: 3 }]);
  });

  it('tells how long a job has run by the clock of the API server', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = running;
    const time = { startedMs: Date.parse(at(3)), endedMs: null, nowMs: Date.parse(at(10)) };
    expect(await runner.timeOf(handle)).toEqual(time);
  });

  it('asks the node alone for the newest progress, and says so where it does not answer', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = running;
    const progress = { timeMs: 1, phase: 'train', message: 'step 1/9' };
    cluster.log = `${JSON.stringify(progress)}\nTraceback\n`;
    expect(await runner.newestProgress(handle)).toEqual(progress);
    const refusal = new AdapterError('AccessDenied', 'pods/log: forbidden', { system: 'jobs' });
    const blind = runnerWith({ ...cluster, api: { ...cluster.api, readLog: async () => Promise.reject(refusal) } });
    expect(await blind.readProgress(handle, 0)).toEqual({ lines: [], nextOffset: 0 });
    await expect(blind.newestProgress(handle)).rejects.toBe(refusal);
  });

  it('finds progress among the lines of the log, and leaves it out of the tail', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = running;
    const progress = JSON.stringify({ timeMs: 1, phase: 'train', message: 'step 1/9' });
    cluster.log = `loading\n${progress}\nTraceback\n`;
    const chunk = await runner.readProgress(handle, 0);
    expect(chunk).toEqual({ lines: [JSON.parse(progress)], nextOffset: cluster.log.length });
    expect(await runner.logTail(handle)).toBe('loading\nTraceback');
  });
});
