import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createJobActivities } from '../../src/activities/job-activities.ts';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import { judgeJob } from '../../src/activities/job-verdict.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import { jobPaths } from '../../src/adapters/process/job-directory.ts';
import { createProcessJobRunner } from '../../src/adapters/process/job-runner.ts';
import type { JobEnd, JobHandle, JobProgress, JobRequest, StartedJob } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import { goOn, hasStarted } from '../adapters/job-runner.contract.ts';
import { createFakeTracking } from '../fakes/fake-tracking.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/jobs', import.meta.url));
/** Long enough for a busy machine to do in time what a test does within it. */
const limit = { stallSeconds: 3 };
const overLimitMs = 3_050;
const stalled = { kind: 'stalled', ...limit };

let store: StoreLab;
let runner: JobRunner;
let request: JobRequest;
let handle: JobHandle;

beforeEach(async () => {
  store = await openStoreLab();
  const directory = jobsDirectory();
  const environment = process.env;
  const options = { python, packageDirectory: fixtures, directory, environment, maxParallel: 1, graceMs: 3000 };
  runner = createProcessJobRunner({ runner: 'process', ...options });
});
afterEach(async () => {
  await runner.remove(handle);
  await store.remove();
});

function jobsDirectory(): string {
  return join(dirname(store.fileOf('')), 'jobs');
}

function document(): ReturnType<typeof buildJobDocument> {
  return buildJobDocument(request, store.artifacts.objects.rootUri);
}

/** Starts a job that waits, and has begun to. */
async function start(parameters: JsonObject = {}): Promise<void> {
  request = jobRequest({ parameters: { wait: true, onSigterm: 75, ...parameters } });
  handle = await runner.submit(document());
  await hasStarted(document());
}

function started(changes: Partial<StartedJob> = {}): StartedJob {
  const { stage, stageKey } = request;
  return { stage, stageKey, handle, ...limit, ...changes };
}

interface Follower {
  readonly environment: MockActivityEnvironment;
  readonly heartbeats: unknown[];
  readonly end: Promise<JobEnd>;
}

/** A worker that follows the job through `seen`; `heartbeatDetails` are what the one before it told. */
function follow(heartbeatDetails?: unknown, seen: JobRunner = runner): Follower {
  const executions = { isOpen: async () => true };
  const { artifacts } = store;
  const activities = createJobActivities({ runner: seen, artifacts, tracking: createFakeTracking(), executions });
  const environment = new MockActivityEnvironment({ heartbeatDetails }, { logger: new DefaultLogger('ERROR') });
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const job = started();
  const end = environment.run<[], JobEnd, () => Promise<JobEnd>>(async () => activities.awaitJob(job));
  end.catch(() => undefined);
  return { environment, heartbeats, end };
}

function progressAt(timeMs: number, message = 'step 7/9'): JobProgress {
  return { timeMs, phase: 'train', message };
}

async function write(progress: JobProgress): Promise<void> {
  await appendFile(jobPaths(jobsDirectory(), handle.name).progress, `${JSON.stringify(progress)}\n`);
}

describe('a job that may be silent for three seconds', () => {
  test('is asked to stop after it, so that a training saves its checkpoint, and is tried again', async () => {
    await start();
    const end = await follow().end;
    expect(end).toMatchObject({ ...stalled, progress: 'started' });
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
    const verdict = await judgeJob(store.artifacts, { ...started(), end });
    expect(verdict).toMatchObject({
      kind: 'failed',
      retryable: true,
      failure: {
        name: 'JobStalled',
        message:
          'the train job ran for 3 s without a progress line, which is all that stallTimeouts.train allows; the last was "started"; it was stopped',
      },
    });
  });

  test('is forced where it does not listen', async () => {
    await start({ onSigterm: 'ignore' });
    expect(await follow().end).toMatchObject(stalled);
    // Its launcher may just have had the time to note that it was killed.
    expect(await runner.inspect(handle)).not.toEqual({ kind: 'running' });
  });

  test('goes on for as long as it says something, and its log is no progress', async () => {
    await start();
    const { end } = follow();
    for (let step = 1; step <= 7; step += 1) {
      await delay(500);
      await write(progressAt(Date.now(), `step ${step}/9`));
      await appendFile(jobPaths(jobsDirectory(), handle.name).log, 'waiting for a lock …\n');
    }
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
    const chatter = setInterval(() => void appendFile(jobPaths(jobsDirectory(), handle.name).log, 'waiting …\n'), 50);
    expect(await end).toMatchObject({ ...stalled, progress: 'step 7/9' });
    clearInterval(chatter);
  });

  test('gets no more time because its worker was restarted', async () => {
    await start();
    await delay(1_200);
    const first = follow();
    await delay(200);
    first.environment.cancel('WORKER_SHUTDOWN');
    await expect(first.end).rejects.toBeInstanceOf(CancelledFailure);
    const beforeMs = Date.now();
    expect(await follow(first.heartbeats.at(-1)).end).toMatchObject(stalled);
    expect(Date.now() - beforeMs).toBeLessThan(2_700);
  });

  test('goes on when its worker comes back after an hour and finds that it wrote meanwhile', async () => {
    await start();
    await delay(overLimitMs);
    await write(progressAt(Date.now()));
    const { end } = follow({ progressOffset: 0, progressMs: Date.now() - 3_600_000, progress: 'step 1/9' });
    await delay(400);
    await goOn(document());
    expect(await end).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  test('is held to it by what an older worker told, without a time', async () => {
    await start();
    const line = progressAt(Date.now());
    await write(line);
    const offset = JSON.stringify(line).length + 1;
    const { end } = follow({ progressOffset: offset, progress: 'step 7/9' });
    expect(await end).toMatchObject({ ...stalled, progress: 'step 7/9' });
  });

  test.each([
    ['that came late is newer', async () => progressAt(Date.now())],
    ['cannot be read', async () => Promise.reject(new AdapterError('AccessDenied', 'forbidden', { system: 'jobs' }))],
  ])('goes on where its newest line %s', async (_what, newestProgress) => {
    await start();
    await delay(overLimitMs);
    const { end } = follow(undefined, { ...runner, newestProgress });
    await delay(400);
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
    await goOn(document());
    expect(await end).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  test('has stalled though the worker died after it had stopped it, and else was preempted', async () => {
    await start();
    await delay(overLimitMs);
    await runner.remove(handle);
    expect(await follow().end).toMatchObject(stalled);
    await write(progressAt(Date.now()));
    expect(await follow().end).toMatchObject({ kind: 'exited', exitCode: 75 });
  });

  test('is done when it got done, however late anybody looks', async () => {
    await start();
    await delay(overLimitMs);
    await goOn(document());
    await delay(300);
    expect(await follow().end).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  test('is done when it gets done while it is being stopped', async () => {
    await start({ onSigterm: 0 });
    expect(await follow().end).toEqual({ kind: 'exited', exitCode: 0, logTail: '' });
  });

  test('is not silent while it waits for its turn', async () => {
    await start();
    const before = { handle, document: document() };
    request = jobRequest({ attempt: 2, parameters: { exitCode: 0 } });
    handle = await runner.submit(document());
    const { end } = follow();
    await delay(overLimitMs + 250);
    await goOn(before.document);
    expect(await end).toMatchObject({ kind: 'exited', exitCode: 0 });
    await runner.remove(before.handle);
  });
});
