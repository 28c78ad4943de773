import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../../../src/adapters/errors.ts';
import type { JobApi } from '../../../src/adapters/kubernetes/job-api.ts';
import type { JobLooks } from '../../../src/adapters/kubernetes/job-looks.ts';
import { createWatchedLooks } from '../../../src/adapters/kubernetes/job-looks.ts';
import type { JobWatch, WatchedJob } from '../../../src/adapters/kubernetes/job-watch.ts';
import type { WaitLimits } from '../../../src/adapters/kubernetes/wait-limits.ts';
import type { JobState } from '../../../src/contracts/job.ts';
import { about, at, exited, podObject, seenJob } from './seen-jobs.ts';

const running = podObject({ status: { phase: 'Running' }, container: { running: { startedAt: at(3) } } });
const ended = podObject({ status: { phase: 'Failed' }, container: exited(65) });
const reference = { names: ['w-train'], uid: 'job-uid' };
const nothing: WatchedJob = { job: null, pods: [] };
let asked: string[];
/** What the API server has; null: it does not answer. */
let real: WatchedJob | null;
let known: WatchedJob;
let freshness: ReturnType<JobWatch['freshness']>;
let events: readonly ReturnType<typeof about>[];
let limits: WaitLimits;
let beganMs: number;
let looks: JobLooks;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  beganMs = performance.now();
  asked = [];
  real = known = jobWith(running);
  freshness = 'fresh';
  events = [];
  limits = { queueSeconds: null, startSeconds: null };
  const watch = { start: () => {}, find: () => known, freshness: () => freshness };
  looks = createWatchedLooks(
    { api: fakeApi, limitsOf: () => limits },
    { ...watch, stalenessMs: () => 0, close: async () => {} },
  );
});
afterEach(() => vi.useRealTimers());

function jobWith(...pods: Parameters<typeof seenJob>[0]['pods'] & object): WatchedJob {
  const { job, pods: seen } = seenJob({ pods });
  return { job, pods: seen };
}

function answer<T>(name: string, read: (from: WatchedJob) => T): T {
  asked.push(name);
  if (real === null) throw new AdapterError('Unavailable', 'no answer', { system: 'jobs' });
  return read(real);
}

const fakeApi = {
  findJob: async () =>
    answer('job', ({ job }) => ({ job, serverMs: Date.parse(at(10)) + performance.now() - beganMs })),
  listPods: async () => answer('pods', ({ pods }) => pods),
  listEvents: async () => answer('events', () => seenJob({ events }).events),
} as unknown as JobApi;

async function look(): Promise<JobState> {
  return (await looks.look(reference)).observation.state;
}

/** One look, and what it asked for. */
async function asksFor(): Promise<readonly string[]> {
  asked = [];
  await look();
  return asked;
}

function later(ms: number): void {
  vi.advanceTimersByTime(ms);
}

describe('a look at a job that is watched', () => {
  it('asks the first time, then once a minute', async () => {
    expect(await asksFor()).toEqual(['job', 'pods']);
    for (let count = 0; count < 59; count += 1) {
      later(1_000);
      expect(await asksFor()).toEqual([]);
    }
    later(1_000);
    expect(await asksFor()).toEqual(['job', 'pods']);
    expect(await asksFor()).toEqual([]);
  });

  it('sees what the watch sees', async () => {
    await look();
    known = jobWith();
    expect(await look()).toMatchObject({ kind: 'queued' });
    known = jobWith(running);
    expect(await look()).toEqual({ kind: 'running' });
  });

  it('asks before it says that a job has ended, each time', async () => {
    await look();
    known = real = jobWith(ended);
    expect(await asksFor()).toEqual(['job', 'pods']);
    expect(await asksFor()).toEqual(['job', 'pods']);
    expect(await look()).toEqual({ kind: 'exited', exitCode: 65 });
  });

  it.each([
    ['has ended', () => jobWith(ended)],
    ['is gone', () => nothing],
  ])('is no end when the watch alone says that the job %s', async (_what, wrong) => {
    await look();
    known = wrong();
    expect(await look()).toEqual({ kind: 'running' });
    real = null;
    await expect(look()).rejects.toMatchObject({ failure: 'Unavailable' });
  });

  it('asks when the watch is not fresh, and after it was told to forget', async () => {
    await look();
    freshness = 'held';
    expect(await asksFor()).toEqual(['job', 'pods']);
    freshness = 'stale';
    expect(await asksFor()).toEqual(['job', 'pods']);
    freshness = 'fresh';
    expect(await asksFor()).toEqual([]);
    looks.forget('job-uid');
    expect(await asksFor()).toEqual(['job', 'pods']);
  });

  it('holds on to a job that lives while nothing answers, and asks every five seconds', async () => {
    await look();
    freshness = 'held';
    real = null;
    expect(await look()).toEqual({ kind: 'running' });
    expect(await asksFor()).toEqual([]);
    expect(await looks.listPods('job-uid')).toHaveLength(1);
    later(5_000);
    expect(await asksFor()).toEqual(['job']);
    freshness = 'stale';
    await expect(look()).rejects.toMatchObject({ failure: 'Unavailable' });
  });

  it('holds on to it as well when its minute is over', async () => {
    await look();
    later(60_000);
    real = null;
    expect(await asksFor()).toEqual(['job']);
    expect(await asksFor()).toEqual([]);
    real = jobWith(running);
    later(5_000);
    expect(await asksFor()).toEqual(['job', 'pods']);
  });

  it('asks for events only where they alone tell why a job waits, and every five seconds', async () => {
    known = real = jobWith(podObject());
    expect(await asksFor()).toEqual(['job', 'pods', 'events', 'events']);
    expect(await asksFor()).toEqual([]);
    events = [about('Pod', 'FailedMount', 'no such volume')];
    later(5_000);
    expect(await look()).toMatchObject({ kind: 'queued', reason: expect.stringContaining('volume') as string });
    known = jobWith(running);
    later(5_000);
    expect(await asksFor()).toEqual([]);
  });

  it('asks for the events of the Job and of those pods that have not begun', async () => {
    const starting = [podObject({ index: 1 }), podObject({ index: 2 })];
    known = real = jobWith(podObject({ index: 0, status: { phase: 'Running' } }), ...starting);
    expect(await asksFor()).toEqual(['job', 'pods', 'events', 'events', 'events']);
  });

  it('gives up a job that waits for too long, and asks before it says so', async () => {
    known = real = jobWith(podObject());
    limits = { queueSeconds: null, startSeconds: 20 };
    expect(await look()).toMatchObject({ kind: 'queued' });
    later(11_000);
    real = jobWith(running);
    expect(await look()).toEqual({ kind: 'running' });
    real = known;
    later(11_000);
    expect(await look()).toMatchObject({ kind: 'lost', failure: 'StartTimedOut' });
  });

  it('goes by the clock of the API server', async () => {
    await look();
    later(1_500);
    expect((await looks.look(reference)).nowMs).toBe(Date.parse(at(11)) + 500);
  });
});

describe('the pods of a job', () => {
  it('are known while it is followed, and asked for otherwise', async () => {
    await looks.listPods('job-uid');
    expect(asked).toEqual(['pods']);
    await look();
    asked = [];
    expect(await looks.listPods('job-uid')).toHaveLength(1);
    expect(asked).toEqual([]);
    known = real = jobWith(ended);
    await look();
    asked = [];
    await looks.listPods('job-uid');
    expect(asked).toEqual(['pods']);
  });
});
