import { describe, expect, test } from 'vitest';

import type { JobInventoryActivities } from '../../src/activities/job-inventory.ts';
import { createJobInventoryActivities } from '../../src/activities/job-inventory.ts';
import { endOrphans } from '../../src/activities/orphan-jobs.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { JobHandle } from '../../src/contracts/job.ts';
import type { StandingJob } from '../../src/ports/job-runner.ts';
import type { FakeMetrics } from '../fakes/fake-metrics.ts';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';

const hourMs = 3_600_000;
const submittedMs = Date.parse('2026-11-27T10:00:00Z');

interface World {
  readonly activities: JobInventoryActivities;
  /** Names, in the order of their removal. */
  readonly removed: string[];
  readonly asked: string[];
  readonly sweep: () => Promise<readonly string[]>;
  readonly metrics: FakeMetrics;
}

function worldOf(jobs: readonly StandingJob[], { open = [] as string[], stuck = '' } = {}): World {
  const removed: string[] = [];
  const asked: string[] = [];
  const remove = async ({ name }: JobHandle): Promise<void> => {
    if (name === stuck) throw new AdapterError('Unavailable', 'its node does not answer', { system: 'jobs' });
    removed.push(name);
  };
  const isOpen = async ({ workflowId }: { readonly workflowId: string }): Promise<boolean> => {
    asked.push(workflowId);
    return open.includes(workflowId);
  };
  const metrics = createFakeMetrics();
  const survey = { runner: { list: async () => jobs, remove }, executions: { isOpen }, metrics };
  const activities = createJobInventoryActivities(survey);
  return { activities, removed, asked, sweep: () => endOrphans(survey), metrics };
}

function job(runId: string, changes: Partial<StandingJob> = {}): StandingJob {
  const name = `build-engine-0123456789abcdef-${runId}-2`;
  const handle = { name, id: 'uid', outputUri: 'file:///store/out' };
  return {
    handle,
    runId,
    state: { kind: 'running' },
    category: 'running',
    submittedMs,
    time: null,
    gpus: 0,
    ...changes,
  };
}

describe('the list of jobs', () => {
  test('says whose each is, what it does since when, and what it has cost', async () => {
    const time = { startedMs: submittedMs + hourMs, endedMs: submittedMs + 1.5 * hourMs };
    const { activities } = worldOf([job('one', { gpus: 4, time, state: { kind: 'exited', exitCode: 65 } })], {
      open: ['one'],
    });
    expect(await activities.listJobs()).toEqual([
      {
        name: 'build-engine-0123456789abcdef-one-2',
        runId: 'one',
        stage: 'build-engine',
        attempt: 2,
        state: 'exited',
        note: 'exit code 65',
        since: '2026-11-27T11:30:00.000Z',
        gpus: 4,
        gpuHours: 2,
        isOrphan: false,
      },
    ]);
  });

  test('counts the hours of a running job until now, and none of one that waits', async () => {
    const time = { startedMs: Date.now() - 0.25 * hourMs, endedMs: null };
    const waiting = job('waits', { gpus: 8, state: { kind: 'queued', reason: 'quota: exceeded' } });
    const { activities } = worldOf([job('runs', { gpus: 2, time }), waiting]);
    const [runs, waits] = await activities.listJobs();
    expect(runs?.gpuHours).toBeCloseTo(0.5, 3);
    expect(runs?.since).toBe(new Date(time.startedMs).toISOString());
    expect(waits).toMatchObject({ state: 'queued', note: 'quota: exceeded', gpuHours: 0 });
    expect(waits?.since).toBe('2026-11-27T10:00:00.000Z');
  });

  test('is in the order of submission, and asks about each run once', async () => {
    const later = job('one', { submittedMs: submittedMs + 5 });
    const { activities, asked } = worldOf([later, job('two'), job('one', { submittedMs: submittedMs - 5 })]);
    expect((await activities.listJobs()).map(({ runId }) => runId)).toEqual(['one', 'two', 'one']);
    expect(asked.toSorted()).toEqual(['one', 'two']);
  });
});

describe('a job whose run is closed', () => {
  const ended = job('closed-ended', { state: { kind: 'exited', exitCode: 0 } });
  const running = job('closed-running');

  test('is marked, and only looking removes nothing', async () => {
    const world = worldOf([running, job('open')], { open: ['open'] });
    const rows = await world.activities.listJobs();
    expect(rows.map(({ runId, isOrphan }) => [runId, isOrphan])).toEqual([
      ['closed-running', true],
      ['open', false],
    ]);
    expect(world.removed).toEqual([]);
  });

  test('is removed on request, whether it has ended or not; all others stay', async () => {
    const world = worldOf([running, ended, job('open')], { open: ['open'] });
    expect(await world.activities.removeOrphanJobs()).toEqual([
      { name: running.handle.name, problem: null },
      { name: ended.handle.name, problem: null },
    ]);
    expect(world.removed).toEqual([running.handle.name, ended.handle.name]);
    expect(world.metrics.counted).toEqual({ 'windlass_orphan_jobs_removed_total{by="reaper"}': 2 });
  });

  test('that cannot be removed keeps none of the others, and says why', async () => {
    const world = worldOf([running, ended], { stuck: running.handle.name });
    expect(await world.activities.removeOrphanJobs()).toEqual([
      { name: running.handle.name, problem: 'its node does not answer' },
      { name: ended.handle.name, problem: null },
    ]);
    expect(world.metrics.counted).toEqual({ 'windlass_orphan_jobs_removed_total{by="reaper"}': 1 });
  });

  test('is ended by the worker itself only while it costs', async () => {
    const world = worldOf([ended, running]);
    expect(await world.sweep()).toEqual([running.handle.name]);
    expect(world.removed).toEqual([running.handle.name]);
    expect(world.metrics.counted).toEqual({ 'windlass_orphan_jobs_removed_total{by="worker"}': 1 });
  });
});

describe('the look of the worker after its jobs', () => {
  test('shows how many run or wait for what, and how many are orphans', async () => {
    const waits = { state: { kind: 'queued', reason: 'unschedulable: no node' }, category: 'unschedulable' } as const;
    const ended = { state: { kind: 'exited', exitCode: 0 }, category: 'exited' } as const;
    const jobs = [job('open'), job('open', waits), job('closed', waits), job('closed', ended)];
    const { sweep, metrics } = worldOf(jobs, { open: ['open'] });
    await sweep();
    expect(metrics.shown).toEqual({
      windlass_active_jobs: [
        ['windlass_active_jobs{category="running"}', 1],
        ['windlass_active_jobs{category="unschedulable"}', 2],
      ],
      windlass_orphan_jobs: [['windlass_orphan_jobs', 2]],
    });
  });
});
