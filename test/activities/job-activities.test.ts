import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { JobActivities } from '../../src/activities/job-activities.ts';
import { createJobActivities } from '../../src/activities/job-activities.ts';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import { endOrphans, removeOrphans } from '../../src/activities/orphan-jobs.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import { jobPaths } from '../../src/adapters/process/job-directory.ts';
import { createProcessJobRunner } from '../../src/adapters/process/job-runner.ts';
import type { JobEnd, JobHandle, JobOutcome, JobRequest, StartedJob } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import type { ExecutionOfWorkflow, WorkflowExecutions } from '../../src/ports/workflow-executions.ts';
import { countRuns, goOn, hasStarted } from '../adapters/job-runner.contract.ts';
import type { FakeTracking } from '../fakes/fake-tracking.ts';
import { createFakeTracking } from '../fakes/fake-tracking.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/jobs', import.meta.url));

let store: StoreLab;
let runner: JobRunner;
let tracking: FakeTracking;
let activities: JobActivities;
let request: JobRequest;
let handle: JobHandle;
/** Ids of the runs that still run. */
let openRuns: Set<string>;

beforeEach(async () => {
  store = await openStoreLab();
  runner = createProcessJobRunner({
    runner: 'process',
    python,
    packageDirectory: fixtures,
    directory: jobsDirectory(),
    environment: process.env,
    maxParallel: 1,
    graceMs: 3000,
  });
  tracking = createFakeTracking();
  openRuns = new Set();
  const executions = { isOpen: async ({ workflowId }: ExecutionOfWorkflow) => openRuns.has(workflowId) };
  activities = createJobActivities({ runner, artifacts: store.artifacts, tracking, executions });
});
afterEach(async () => {
  await runner.remove(handle);
  await store.remove();
});

function jobsDirectory(): string {
  return join(dirname(store.fileOf('')), 'jobs');
}

/** Starts a job that does what the fixture's parameters say, and waits until it has begun. */
async function start(parameters: JsonObject): Promise<void> {
  request = jobRequest({ parameters });
  handle = await activities.submitJob(request);
  await hasStarted(document());
}

function document(): ReturnType<typeof buildJobDocument> {
  return buildJobDocument(request, store.artifacts.objects.rootUri);
}

function started(): StartedJob {
  const { stage, stageKey } = request;
  return { stage, stageKey, handle, trackingRunId: 'mlflow-1' };
}

function progressLine(step: number): string {
  const metrics = { train_loss: 4 - step };
  return `${JSON.stringify({ timeMs: 1000 + step, phase: 'train', message: `step ${step}/9`, step, metrics })}\n`;
}

async function addProgress(text: string): Promise<void> {
  await appendFile(jobPaths(jobsDirectory(), handle.name).progress, text);
}

/** A worker that follows the job; `heartbeats` are what the server has of it. */
function follow(
  heartbeatDetails?: unknown,
  changes: Partial<StartedJob> = {},
): {
  readonly environment: MockActivityEnvironment;
  readonly heartbeats: unknown[];
  readonly end: Promise<JobEnd>;
} {
  const environment = new MockActivityEnvironment({ heartbeatDetails }, { logger: new DefaultLogger('ERROR') });
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const end = environment.run<[], JobEnd, () => Promise<JobEnd>>(async () =>
    activities.awaitJob({ ...started(), ...changes }),
  );
  end.catch(() => undefined);
  return { environment, heartbeats, end };
}

/** What a job that went well leaves under its output prefix. */
async function leaveResult(metrics: Readonly<Record<string, number>>): Promise<void> {
  const key = handle.outputUri.slice(store.artifacts.objects.rootUri.length + 1);
  const artifact = await store.publish(key, { kind: 'checkpoint' });
  const result = { schema: 'windlass.result/v1', status: 'succeeded', artifact, summary: {}, metrics, versions: {} };
  await store.writeJson(`${key}/result.json`, result);
}

function sentSteps(): readonly number[] {
  return tracking.points.map(({ step }) => step);
}

describe('a job that is followed', () => {
  test('is started once, however often it is submitted', async () => {
    await start({ wait: true });
    expect(await activities.submitJob(request)).toEqual(handle);
    expect(await countRuns(document())).toBe(1);
  });

  test('tells its progress in the heartbeat, and its metrics with the name of the stage', async () => {
    await start({ progress: progressLine(1) + progressLine(2), exitCode: 0 });
    const { heartbeats, end } = follow();
    expect(await end).toEqual({ kind: 'exited', exitCode: 0, logTail: '' });
    expect(tracking.points).toEqual([
      { name: 'train/train_loss', value: 3, step: 1, timeMs: 1001 },
      { name: 'train/train_loss', value: 2, step: 2, timeMs: 1002 },
    ]);
    expect(heartbeats.at(-1)).toEqual({
      progressOffset: (progressLine(1) + progressLine(2)).length,
      progressMs: 1002,
      progress: 'step 2/9',
    });
  });

  test('tells what it waits for, and begins when the job before it has ended', async () => {
    await start({ wait: true });
    const [before, goFirst] = [handle, document()];
    request = jobRequest({ attempt: 2, parameters: { exitCode: 65 } });
    handle = await activities.submitJob(request);
    const { heartbeats, end } = follow();
    const progress = 'waits for one of 1 places (jobs.maxParallel), 0 jobs before it';
    await vi.waitFor(() => expect(heartbeats).toContainEqual({ progressOffset: 0, progressMs: 0, progress }));
    await goOn(goFirst);
    expect(await end).toMatchObject({ exitCode: 65 });
    expect(heartbeats.at(-1)).toEqual({ progressOffset: 0, progressMs: 0, progress: 'started' });
    await runner.remove(before);
  });

  test('goes on while its worker stops; the next one sends each point once', async () => {
    await start({ wait: true, progress: progressLine(1) + progressLine(2) });
    const first = follow();
    await vi.waitFor(() => expect(sentSteps()).toEqual([1, 2]));
    first.environment.cancel('WORKER_SHUTDOWN');
    await expect(first.end).rejects.toBeInstanceOf(CancelledFailure);
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });

    await addProgress(progressLine(3));
    const second = follow(first.heartbeats.at(-1));
    await vi.waitFor(() => expect(sentSteps()).toEqual([1, 2, 3]));
    await goOn(document());
    expect(await second.end).toMatchObject({ exitCode: 0 });
    expect(sentSteps()).toEqual([1, 2, 3]);
  });

  test('is read to its end, though it wrote megabytes while no worker looked', async () => {
    await start({ wait: true });
    const steps = Array.from({ length: 20_000 }, (_, index) => index + 1);
    await addProgress(steps.map(progressLine).join(''));
    await goOn(document());
    await follow().end;
    expect(tracking.points).toHaveLength(steps.length);
  });

  test('leaves the end of its log where it fails', async () => {
    await start({ print: ['Traceback …', 'ValueError: row 17'], exitCode: 65 });
    expect(await follow().end).toEqual({ kind: 'exited', exitCode: 65, logTail: 'Traceback …\nValueError: row 17' });
  });

  test('is judged twice with one outcome; its final metrics carry one time, and nothing of it stays', async () => {
    await start({});
    const end = await follow().end;
    await leaveResult({ validation_loss: 2 });
    const environment = new MockActivityEnvironment({ scheduledTimestampMs: 77 });
    const judge = async (): Promise<JobOutcome> =>
      environment.run<[], JobOutcome, () => Promise<JobOutcome>>(async () =>
        activities.collectJob({ ...started(), end }),
      );
    expect(await judge()).toMatchObject({ kind: 'succeeded', record: { stageKey: request.stageKey } });
    expect(await judge()).toEqual(await judge());
    expect(new Set(tracking.points.map((point) => JSON.stringify(point)))).toEqual(
      new Set([JSON.stringify({ name: 'final/train_validation_loss', value: 2, step: 0, timeMs: 77 })]),
    );
    expect(existsSync(jobPaths(jobsDirectory(), handle.name).work)).toBe(false);
  });

  test('may be removed twice, and then ends by its own code', async () => {
    await start({ wait: true, onSigterm: 75 });
    await activities.removeJob(handle);
    await activities.removeJob(handle);
    expect(await follow().end).toMatchObject({ kind: 'exited', exitCode: 75 });
  });
});

/** Follows a job until the server answers a heartbeat with NOT_FOUND. */
async function losesItsActivity(): Promise<void> {
  await start({ wait: true, onSigterm: 75 });
  const { environment, heartbeats, end } = follow();
  await vi.waitFor(() => expect(heartbeats.length).toBeGreaterThan(0));
  environment.cancel('NOT_FOUND');
  await expect(end).rejects.toBeInstanceOf(CancelledFailure);
}

describe('a job whose activity the server does not know any more', () => {
  test('is ended when its run is closed: it was terminated', async () => {
    await losesItsActivity();
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
  });

  test('goes on when its run is open: another attempt follows it', async () => {
    openRuns.add(new MockActivityEnvironment().context.info.workflowExecution?.workflowId ?? '');
    await losesItsActivity();
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
  });
});

describe('jobs without a worker to follow them', () => {
  test('are ended when their run is closed, and left alone when it is open', async () => {
    await start({ wait: true, onSigterm: 75 });
    const executions = { isOpen: async ({ workflowId }: ExecutionOfWorkflow) => openRuns.has(workflowId) };
    openRuns.add(request.runId);
    expect(await endOrphans({ runner, executions })).toEqual([]);
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
    openRuns.clear();
    expect(await endOrphans({ runner, executions })).toEqual([handle.name]);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
    expect(await endOrphans({ runner, executions })).toEqual([]);
  });

  test('that have ended are removed on request, and their logs are kept', async () => {
    await start({ print: ['the end'], exitCode: 65 });
    await follow().end;
    const executions = { isOpen: async () => false };
    expect(await endOrphans({ runner, executions })).toEqual([]);
    expect(await removeOrphans({ runner, executions })).toEqual([{ name: handle.name, problem: null }]);
    expect(await runner.list()).toEqual([]);
    expect(await runner.logTail(handle)).toBe('the end');
  });

  test('are left alone while Temporal cannot say whether their run is open', async () => {
    await start({ wait: true });
    const executions: Pick<WorkflowExecutions, 'isOpen'> = {
      isOpen: () => Promise.reject(new AdapterError('Unavailable', 'Temporal does not answer', { system: 'temporal' })),
    };
    await expect(endOrphans({ runner, executions })).rejects.toMatchObject({ failure: 'Unavailable' });
    await expect(removeOrphans({ runner, executions })).rejects.toMatchObject({ failure: 'Unavailable' });
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
  });
});

describe('a job that may run for a second', () => {
  const timedOut = { kind: 'timed-out', timeoutSeconds: 1 };

  test('is asked to stop after it, so that a training saves its checkpoint', async () => {
    await start({ wait: true, onSigterm: 75 });
    expect(await follow(undefined, { timeoutSeconds: 1 }).end).toMatchObject(timedOut);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
  });

  test('is forced where it does not listen', async () => {
    await start({ wait: true, onSigterm: 'ignore' });
    expect(await follow(undefined, { timeoutSeconds: 1 }).end).toMatchObject(timedOut);
    expect((await runner.inspect(handle)).kind).toBe('lost');
  });

  test('has no more time because its worker was away, and has timed out though the worker died after it had stopped it', async () => {
    await start({ wait: true, onSigterm: 75 });
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await runner.remove(handle);
    expect(await follow(undefined, { timeoutSeconds: 1 }).end).toMatchObject(timedOut);
  });

  test('is preempted, and not timed out, when it is stopped before', async () => {
    await start({ wait: true, onSigterm: 75 });
    await runner.remove(handle);
    expect(await follow(undefined, { timeoutSeconds: 60 }).end).toMatchObject({ kind: 'exited', exitCode: 75 });
  });

  test('is done when it got done, however late anybody looks', async () => {
    await start({ wait: true });
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await goOn(document());
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toMatchObject({ exitCode: 0 }));
    expect(await follow(undefined, { timeoutSeconds: 1 }).end).toMatchObject({ kind: 'exited', exitCode: 0 });
  });
});
