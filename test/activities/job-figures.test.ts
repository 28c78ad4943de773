import { beforeEach, describe, expect, test } from 'vitest';

import type { JobActivities } from '../../src/activities/job-activities.ts';
import { withJobFigures } from '../../src/activities/job-figures.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { EndedJob, JobOutcome } from '../../src/contracts/job.ts';
import type { JobClock } from '../../src/ports/job-runner.ts';
import type { FakeMetrics } from '../fakes/fake-metrics.ts';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';

const handle = { name: 'build-engine-0123456789abcdef-run-1-2', id: 'uid', outputUri: 'file:///store/out' };
const end = { kind: 'exited', exitCode: 0, logTail: '' } as const;
const job: EndedJob = { stage: 'build-engine', stageKey: 'sha256:key', handle, end };
const record = { stageKey: 'sha256:key', artifact: {} as never, summary: {}, metrics: {} } as const;
const parityFailed = { name: 'ParityFailed', message: 'too far apart' } as const;
const away = new AdapterError('Unavailable', 'away', { system: 'store' });
const time: JobClock = { startedMs: 1_000, endedMs: 13_500, nowMs: 20_000 };

let metrics: FakeMetrics;
/** What the activities answer, call by call. */
let answers: (JobOutcome | AdapterError)[];
let timeOf: () => Promise<JobClock | null>;
let activities: JobActivities;

async function answer(): Promise<JobOutcome> {
  const next = answers.shift();
  if (next === undefined || next instanceof AdapterError) throw next ?? away;
  return next;
}

beforeEach(() => {
  metrics = createFakeMetrics();
  timeOf = async () => time;
  const bare: Pick<JobActivities, 'collectJob' | 'removeJob'> = {
    collectJob: answer,
    removeJob: async () => void (await answer()),
  };
  const runner = { timeOf: async () => timeOf() };
  activities = withJobFigures(bare as JobActivities, { metrics, runner, kind: 'kubernetes' });
});

const succeeded: JobOutcome = { kind: 'succeeded', record };
const failed: JobOutcome = { kind: 'failed', failure: parityFailed, retryable: false, logTail: '' };
const ended = (outcome: string): string =>
  `windlass_jobs_ended_total{runner="kubernetes",stage="build-engine",outcome="${outcome}"}`;
const running = (outcome: string): string => `windlass_job_running_seconds{stage="build-engine",outcome="${outcome}"}`;

describe('a job that is judged', () => {
  test.each([
    ['succeeded', succeeded],
    ['ParityFailed', failed],
  ])('counts as %s, with how long it ran', async (name, outcome) => {
    answers = [outcome];
    expect(await activities.collectJob(job)).toBe(outcome);
    expect(metrics.counted).toEqual({ [ended(name)]: 1 });
    expect(metrics.recorded).toEqual({ [running(name)]: [12.5] });
  });

  test('counts once, however many attempts that takes', async () => {
    answers = [away, away, succeeded];
    await expect(activities.collectJob(job)).rejects.toBe(away);
    await expect(activities.collectJob(job)).rejects.toBe(away);
    expect(metrics.counted).toEqual({});
    await activities.collectJob(job);
    expect(metrics.counted).toEqual({ [ended('succeeded')]: 1 });
  });

  test.each([
    ['cannot be asked for', () => Promise.reject(away)],
    ['are not known', async () => null],
    ['have no end', async () => ({ ...time, endedMs: null })],
  ])('counts without its times where they %s, and is judged all the same', async (_name, look) => {
    timeOf = look;
    answers = [failed];
    expect(await activities.collectJob(job)).toBe(failed);
    expect(metrics.counted).toEqual({ [ended('ParityFailed')]: 1 });
    expect(metrics.recorded).toEqual({});
  });
});

test('a job that is removed without a verdict counts as removed, once it is gone', async () => {
  answers = [away, succeeded];
  await expect(activities.removeJob(handle)).rejects.toBe(away);
  expect(metrics.counted).toEqual({});
  await activities.removeJob(handle);
  expect(metrics.counted).toEqual({ [ended('removed')]: 1 });
});
