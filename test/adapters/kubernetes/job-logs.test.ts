import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { createApiClient } from '../../../src/adapters/kubernetes/api-client.ts';
import { createJobApi } from '../../../src/adapters/kubernetes/job-api.ts';
import { createKubernetesJobRunner } from '../../../src/adapters/kubernetes/job-runner.ts';
import { createLogArchive } from '../../../src/adapters/kubernetes/log-archive.ts';
import { createPodLogStream } from '../../../src/adapters/kubernetes/pod-log-stream.ts';
import type { PodLogStreamOptions } from '../../../src/adapters/kubernetes/pod-log-stream.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import type { FakeMetrics } from '../../fakes/fake-metrics.ts';
import { createFakeMetrics } from '../../fakes/fake-metrics.ts';
import { testPlatform } from './kubernetes-platform.ts';
import { LogServer } from './log-server.ts';

const handle = { name: 'train-0123456789abcdef-glossary-1', id: 'job-uid', outputUri: 's3://models/out' };
const waiting = { timeout: 15_000, interval: 20 };
let folder: string;
let objects: ObjectStore;
let server: LogServer;
/** Of all workers together. */
let metrics: FakeMetrics;
/** Of the workers that follow, as long as they live. */
let followed: { readonly stopping: AbortController; readonly done: Promise<void> }[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'windlass-logs-'));
  objects = createDirectoryStore(pathToFileURL(folder).href);
  server = await LogServer.start();
  followed = [];
  metrics = createFakeMetrics();
});
afterEach(async () => {
  for (const { stopping } of followed) stopping.abort();
  await Promise.all(followed.map(({ done }) => done));
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function openRunner(store: ObjectStore = objects, options: PodLogStreamOptions = {}): JobRunner {
  const api = createJobApi(createApiClient(server.api, { firstDelayMs: 1 }), 'jobs');
  const podLogs = createPodLogStream(server.api, 'jobs', options);
  const platform = { ...testPlatform, graceSeconds: 1 };
  return createKubernetesJobRunner({ platform, api, podLogs, objects: store, metrics });
}

/** A worker that follows the log from now on. */
function follow(runner: JobRunner): { readonly stop: () => Promise<void>; readonly troubles: readonly string[] } {
  const stopping = new AbortController();
  const troubles: string[] = [];
  const done = runner.keepLog(handle, { signal: stopping.signal, onTrouble: (problem) => troubles.push(problem) });
  followed.push({ stopping, done });
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
    troubles,
  };
}

/** A store whose user can be killed: from then on it writes nothing, and is told nothing. */
function killableStore(): { readonly store: ObjectStore; readonly kill: () => void } {
  let isDead = false;
  const store: ObjectStore = {
    ...objects,
    putIfAbsent: async (key, bytes) => (isDead ? new Promise(() => {}) : objects.putIfAbsent(key, bytes)),
  };
  return { store, kill: () => (isDead = true) };
}

async function kept(): Promise<string> {
  return (await createLogArchive(objects).read(handle.name, 0, Infinity)).toString();
}

async function keys(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of objects.list('jobs/')) found.push(key);
  return found;
}

/** Bytes and gaps. */
function counted(): readonly number[] {
  return ['windlass_log_bytes_total', 'windlass_log_gaps_total'].map((name) => metrics.counted[name] ?? 0);
}

async function untilKept(text: string): Promise<void> {
  await vi.waitFor(async () => expect(await kept()).toBe(text), waiting);
}

async function untilFollowed(times = 1): Promise<void> {
  await vi.waitFor(() => {
    expect(server.logRequests.length).toBeGreaterThanOrEqual(times);
    expect(server.followers).toBe(1);
  }, waiting);
}

describe('the log of a job that runs', () => {
  it('is carried into the store in pieces, named by their offsets', async () => {
    follow(openRunner());
    server.write('one\n');
    await untilKept('one\n');
    server.write('größer\nand then\n');
    await untilKept('one\ngrößer\nand then\n');
    const folderOfPod = `jobs/${handle.name}/log/20261125T100001Z-pod-1`;
    expect(await keys()).toEqual([`${folderOfPod}/000000000000.txt`, `${folderOfPod}/000000000004.txt`]);
    const pieces = await Promise.all((await keys()).map(async (key) => Buffer.from(await objects.get(key))));
    expect(pieces[0]?.toString()).toBe('2026-11-25T10:00:03.001000000Z one\n');
    await vi.waitFor(() => expect(counted()).toEqual([Buffer.concat(pieces).length, 0]), waiting);
    expect(server.logRequests).toHaveLength(1);
  });

  it('is kept when its worker stops, and goes on with the next', async () => {
    const first = follow(openRunner());
    await untilFollowed();
    server.write('one\ntwo\n');
    await vi.waitFor(() => expect(server.followers).toBe(1), waiting);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.stop();
    expect(await kept()).toBe('one\ntwo\n');
    server.write('three\n');
    follow(openRunner());
    await untilKept('one\ntwo\nthree\n');
    expect(server.logRequests.at(-1)?.searchParams.get('sinceTime')).toBe('2026-11-25T10:00:02Z');
  });

  it('has no gap and no double however often its worker is killed', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { store, kill } = killableStore();
      follow(openRunner(store));
      for (let line = 0; line < 5; line += 1) server.write(`${round % 2 === 0 ? 'equal' : `${round}.${line}`}\n`);
      if (round % 3 !== 0) await untilKept(server.log.written.toString());
      server.write(`round ${round} unkept\n`, 0n);
      kill();
      followed.splice(0);
    }
    follow(openRunner());
    await untilKept(server.log.written.toString());
  });

  it('is kept once by two workers that both follow it', async () => {
    follow(openRunner());
    for (let line = 0; line < 60; line += 1) {
      if (line === 8) follow(openRunner());
      server.write(`line ${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await untilKept(server.log.written.toString());
    const pieces = await Promise.all((await keys()).map(async (key) => objects.get(key)));
    await vi.waitFor(() => expect(counted()).toEqual([Buffer.concat(pieces).length, 0]), waiting);
  });

  it('goes on after a connection was cut, and where the API server has refused for a while', async () => {
    follow(openRunner());
    server.write('one\n');
    await untilFollowed();
    server.refusal = 500;
    server.cut();
    server.write('two\n');
    await vi.waitFor(() => expect(server.logRequests.length).toBeGreaterThanOrEqual(3), waiting);
    server.refusal = null;
    await untilKept('one\ntwo\n');
  });

  it('is asked for again when nothing has come for long, for the node may have forgotten that it is followed', async () => {
    follow(openRunner(objects, { silentMs: 300 }));
    server.write('one\n');
    await untilFollowed();
    server.stall();
    server.write('two\n');
    await untilKept('one\ntwo\n');
    expect(server.logRequests.length).toBeGreaterThanOrEqual(2);
  });

  it('is asked for again before the kubelet ends its answer', async () => {
    follow(openRunner(objects, { openMs: 300 }));
    for (let line = 0; line < 20; line += 1) {
      server.write(`line ${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await untilKept(server.log.written.toString());
    expect(server.logRequests.length).toBeGreaterThanOrEqual(2);
  });

  it('goes on over the rotation of its file while it is followed', async () => {
    follow(openRunner());
    await untilFollowed();
    server.write('one\n');
    server.rotate();
    server.write('two\n');
    await untilKept('one\ntwo\n');
    server.cut();
    await untilFollowed(2);
    server.write('three\n');
    await untilKept('one\ntwo\nthree\n');
  });

  it('says where lines were rotated away while nobody followed, and goes on', async () => {
    const first = follow(openRunner());
    server.write('one\n');
    await untilKept('one\n');
    await first.stop();
    server.write('two\n');
    server.rotate();
    server.write('three\n');
    const second = follow(openRunner());
    const marked = 'one\nwindlass: lines are missing here: the node had put them away\nthree\n';
    await untilKept(marked);
    await second.stop();
    follow(openRunner());
    server.write('four\n');
    await untilKept(`${marked}four\n`);
    expect(counted()[1]).toBe(1);
  });

  it('may have a line that is longer than a piece, and one that is not finished', async () => {
    const long = 'x'.repeat(2_500_000);
    const inPieces = 4 + 2 * 2 ** 20 - '2026-11-25T10:00:03.002000000Z '.length;
    const first = follow(openRunner());
    server.write(`one\n${long}`);
    await vi.waitFor(async () => expect((await kept()).length).toBe(inPieces), waiting);
    await first.stop();
    expect((await keys()).map((key) => path.basename(key))).toEqual([
      '000000000000.txt',
      '000000000004.txt',
      expect.stringMatching(/^\d+\+\.txt$/u),
    ]);
    server.write('the end\nlast');
    follow(openRunner());
    await untilKept(`one\n${long}the end\n`);
  });

  it('of a pod that took the place of another is that of both', async () => {
    const runner = openRunner();
    follow(runner);
    server.write('one\ntwo\n');
    await untilKept('one\ntwo\n');
    server.replacePod();
    server.write('again\n');
    await untilKept('one\ntwo\nagain\n');
    expect(await runner.readLog(handle, 4, 100)).toEqual({ text: 'two\nagain\n', nextOffset: 14 });
    expect(await runner.readLog(handle, 8, 100)).toEqual({ text: 'again\n', nextOffset: 14 });
  });

  it('is no failure where it cannot be had, but said once', async () => {
    server.refusal = 403;
    const { stop, troubles } = follow(openRunner());
    await vi.waitFor(() => expect(server.logRequests.length).toBeGreaterThanOrEqual(3), waiting);
    await expect(stop()).resolves.toBeUndefined();
    expect(troubles).toEqual([expect.stringMatching(/403/u)]);
    server.removePod();
    const second = follow(openRunner());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(second.stop()).resolves.toBeUndefined();
  });
});

function progress(step: number): string {
  return JSON.stringify({ timeMs: step, phase: 'train', message: `step ${step}` });
}

describe('what is read of a log', () => {
  it('is there at once, whether it is kept or not, without asking the node for what came before', async () => {
    const runner = openRunner();
    follow(runner);
    server.write(`${progress(1)}\n`);
    await untilFollowed();
    await vi.waitFor(async () => expect((await runner.readProgress(handle, 0)).lines).toHaveLength(1), waiting);
    const { nextOffset } = await runner.readProgress(handle, 0);
    for (let step = 2; step < 30; step += 1) server.write(`${progress(step)}\n`);
    await vi.waitFor(
      async () => expect((await runner.readProgress(handle, nextOffset)).lines).toHaveLength(28),
      waiting,
    );
    expect(server.logRequests).toHaveLength(1);
  });

  it('is all of it, followed or not', async () => {
    server.write('one\ntwo\n');
    const first = follow(openRunner());
    await untilKept('one\ntwo\n');
    await first.stop();
    server.write('three\n');
    const runner = openRunner();
    expect(await runner.readLog(handle, 0, 100)).toEqual({ text: 'one\ntwo\nthree\n', nextOffset: 14 });
    expect(await runner.readLog(handle, 8, 3)).toEqual({ text: 'thr', nextOffset: 11 });
    expect(await runner.logTail(handle)).toBe('one\ntwo\nthree');
  });

  it('is what the node still has, where the log was never followed', async () => {
    server.write('old\n');
    server.rotate();
    server.write('new\n');
    expect(await openRunner().readLog(handle, 0, 100)).toEqual({ text: 'new\n', nextOffset: 4 });
  });
});

describe('the log of a job that is removed', () => {
  it('is completed in the store, with what stands behind the last whole line, and read as before', async () => {
    const runner = openRunner();
    const first = follow(runner);
    server.write('one\n');
    await untilKept('one\n');
    await first.stop();
    server.write('two\nno end of a line');
    server.end(65);
    const before = await runner.readLog(handle, 0, 1000);
    await runner.remove(handle);
    expect(await kept()).toBe('one\ntwo\nno end of a line');
    expect(await runner.readLog(handle, 0, 1000)).toEqual(before);
    expect(await runner.logTail(handle)).toBe('one\ntwo\nno end of a line');
    expect(await keys()).toContain(`jobs/${handle.name}/ended.json`);
  });

  it('is completed while another worker still follows it', async () => {
    follow(openRunner());
    await untilFollowed();
    for (let line = 0; line < 2000; line += 1) server.write(`line ${line}\n`);
    server.end(0);
    await openRunner().remove(handle);
    expect(await kept()).toBe(server.log.written.toString());
  });

  it('says in itself that the rest could not be read, and does not keep the job', async () => {
    const first = follow(openRunner());
    server.write('one\n');
    await untilKept('one\n');
    await first.stop();
    server.end(0);
    server.refusal = 500;
    await openRunner().remove(handle);
    expect(await kept()).toMatch(/^one\nwindlass: the rest of the log could not be read: .* answered 500/u);
    expect(counted()[1]).toBe(1);
    expect(await openRunner().inspect(handle)).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it('is empty where the job wrote nothing', async () => {
    server.end(0);
    await openRunner().remove(handle);
    expect(await keys()).toEqual([`jobs/${handle.name}/ended.json`, `jobs/${handle.name}/objects.json`]);
    expect(await openRunner().logTail(handle)).toBe('');
  });
});
