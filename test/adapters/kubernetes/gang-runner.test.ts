import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { createKubernetesJobRunner } from '../../../src/adapters/kubernetes/job-runner.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import type { FakeCluster } from './fake-job-api.ts';
import { createFakeCluster } from './fake-job-api.ts';
import { testDocument, testPlatform, testProfile } from './kubernetes-platform.ts';
import { at, exited, podObject } from './seen-jobs.ts';

const failed = { phase: 'Failed' };
const runs = { running: { startedAt: at(3) } };
const leading = podObject({ index: 0, container: runs });
let folder: string;
let cluster: FakeCluster;
let runner: JobRunner;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-gang-'));
  cluster = createFakeCluster();
  runner = runnerOf(2);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function runnerOf(nodes: number): JobRunner {
  const stages = { train: { nodes, gpus: 4, queueSeconds: 5, startSeconds: 5 } };
  const platform = { ...testPlatform, graceSeconds: 1, defaults: testProfile, stages };
  const objects = createDirectoryStore(pathToFileURL(folder).href);
  return createKubernetesJobRunner({ platform, api: cluster.api, podLogs: cluster.podLogs, objects });
}

function endedAtOnce(index: number, exitCode: number): ReturnType<typeof podObject> {
  return podObject({ index, status: failed, container: exited(exitCode, 'Error', 0) });
}

/** Kubernetes cuts the names of pods whose Job has a long one. */
function renamed(pod: ReturnType<typeof podObject>, name: string): ReturnType<typeof podObject> {
  return { ...pod, metadata: { ...(pod['metadata'] as object), name } };
}

describe('a training on several nodes', () => {
  it('has its Service, of which there is one however often it is submitted', async () => {
    const handle = await runner.submit(testDocument);
    expect(await runner.submit(testDocument)).toEqual(handle);
    expect(cluster.calls.slice(0, 2)).toEqual(['create', 'service']);
    expect([...cluster.services.entries()]).toEqual([[[...cluster.jobs.keys()][0], handle.id]]);
  });

  it('gets its Service by the next submit where the worker died before', async () => {
    cluster.beforeService = () => {
      cluster.beforeService = () => {};
      throw new Error('the worker dies');
    };
    await expect(runner.submit(testDocument)).rejects.toThrow('the worker dies');
    const { id } = await runnerOf(2).submit(testDocument);
    expect([...cluster.services.values()]).toEqual([id]);
    expect(cluster.jobs.size).toBe(1);
  });

  it('does not take the Service of a Job that is gone for its own', async () => {
    await runner.submit(testDocument);
    for (const name of cluster.services.keys()) cluster.services.set(name, 'gone');
    await expect(runner.submit(testDocument)).rejects.toMatchObject({ failure: 'Conflict' });
  });

  it('is listed with the GPUs of all its nodes', async () => {
    await runner.submit(testDocument);
    expect(await runner.list()).toMatchObject([{ gpus: 8 }]);
  });

  it('tells its progress by its first pod', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = leading;
    cluster.peers = [podObject({ index: 1, container: runs, created: at(5) })];
    cluster.log = '{"timeMs": 1, "phase": "train", "message": "step 1/9"}\n';
    expect((await runner.readProgress(handle, 0)).lines).toHaveLength(1);
    expect(await runner.newestProgress(handle)).toMatchObject({ message: 'step 1/9' });
  });

  it('shows the end of the log of the pod that failed, and keeps that log behind the one of the first', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = podObject({ index: 0, status: failed, container: exited(143, 'Error', 8) });
    cluster.peers = [podObject({ index: 1, status: failed, container: exited(65, 'Error', 5) })];
    cluster.log = 'the first\n';
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 65 });
    expect(await runner.logTail(handle)).toBe('I am w-train-1-x7k2p');
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 65 });
    expect((await runner.readLog(handle, 0, 1000)).text).toBe('the first\nI am w-train-1-x7k2p\n');
  });

  it('keeps it there where both ended in the second in which they were made, whatever they are called', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = renamed(endedAtOnce(0, 143), 'w-z');
    cluster.peers = [renamed(endedAtOnce(1, 65), 'w-a')];
    cluster.log = 'the first\n';
    await runner.remove(handle);
    expect((await runner.readLog(handle, 0, 1000)).text).toBe('the first\nI am w-a\n');
  });

  it('has the log of the pod that failed, where the first one is gone', async () => {
    const handle = await runner.submit(testDocument);
    cluster.peers = [podObject({ index: 1, status: failed, container: exited(65) })];
    await runner.remove(handle);
    expect((await runner.readLog(handle, 0, 1000)).text).toBe('I am w-train-1-x7k2p\n');
  });

  it('that is given up because a pod waits has those stopped that run, and stays given up', async () => {
    const handle = await runner.submit(testDocument);
    cluster.pod = leading;
    cluster.peers = [podObject({ index: 1 })];
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost', failure: 'StartTimedOut' });
    await runner.remove(handle);
    expect(cluster.calls).toEqual(['create', 'service', 'stop', 'stop', 'delete']);
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost', failure: 'StartTimedOut' });
  });
});

it('a training on one node has no Service', async () => {
  await runnerOf(1).submit(testDocument);
  expect(cluster.calls).toEqual(['create']);
});
