import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ArmedFault } from '../plan/fault.ts';
import { stageOf, withPlaces } from './activity-place.ts';
import type { FiredFault } from './armed-faults.ts';
import { armFaults } from './armed-faults.ts';
import type { ChaosFiles } from './chaos-files.ts';
import { makeChaosFolders } from './chaos-files.ts';
import { createFaultGuard } from './faulty-port.ts';

const workflowId = 'case-1-run';
let files: ChaosFiles;

beforeEach(() => {
  files = makeChaosFolders(mkdtempSync(join(tmpdir(), 'windlass-faults-')));
});
afterEach(() => rmSync(files.directory, { recursive: true, force: true }));

function faultOf(fault: Partial<ArmedFault>): ArmedFault {
  const place = { point: 'job-runner.submit', stage: 'train', when: 'before' } as const;
  return { id: '1.0', workflowId, kind: 'unavailable', occurrence: 1, ...place, ...fault };
}

/** Calls of a port that counts its effects, as an activity of the run makes them. */
function portUnderFault(...faults: readonly ArmedFault[]): { effects: () => number; submit: () => Promise<unknown> } {
  armFaults(files, workflowId, faults);
  let effects = 0;
  const port = { name: 'a port', submit: async (_document: object) => ++effects };
  const guarded = createFaultGuard(files)('job-runner', port);
  expect(guarded.name).toBe('a port');
  const activities = withPlaces({
    submitJob: async (request: object) => guarded.submit({ jobName: 'train-1', ...request }),
  }) as { submitJob: (request: object) => Promise<unknown> };
  return {
    effects: () => effects,
    submit: async () =>
      new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } }).run(activities.submitJob, {
        stage: 'train',
      }),
  };
}

test('a cut connection has no effect, and strikes once', async () => {
  const port = portUnderFault(faultOf({}));
  await expect(port.submit()).rejects.toMatchObject({ failure: 'Unavailable' });
  expect(port.effects()).toBe(0);
  await expect(port.submit()).resolves.toBe(1);
});

test('a lost answer comes after the effect', async () => {
  const port = portUnderFault(faultOf({ when: 'after', kind: 'lost-answer' }));
  await expect(port.submit()).rejects.toMatchObject({ failure: 'Unavailable' });
  expect(port.effects()).toBe(1);
});

test('a full disk is permanent', async () => {
  await expect(portUnderFault(faultOf({ kind: 'storage-full' })).submit()).rejects.toMatchObject({
    failure: 'StorageFull',
  });
});

test('a duplicate is delivered twice', async () => {
  await expect(portUnderFault(faultOf({ kind: 'duplicate' })).submit()).resolves.toBe(2);
});

test('the n-th passage strikes', async () => {
  const port = portUnderFault(faultOf({ occurrence: 2 }));
  await expect(port.submit()).resolves.toBe(1);
  await expect(port.submit()).rejects.toThrow(/injected fault 1\.0/u);
});

test('a fault of another stage, or of another run, does not strike', async () => {
  const port = portUnderFault(faultOf({ stage: 'convert' }));
  await expect(port.submit()).resolves.toBe(1);
});

test('what strikes is written down first, with the job it is about', async () => {
  await expect(portUnderFault(faultOf({})).submit()).rejects.toThrow();
  const fired = JSON.parse(readFileSync(files.fired('1.0'), 'utf8')) as FiredFault;
  expect(fired).toMatchObject({ id: '1.0', pid: process.pid, job: 'train-1' });
});

test('a fault from outside holds the call until it is struck', async () => {
  const port = portUnderFault(faultOf({ kind: 'kill-temporal' }));
  const call = port.submit();
  while (!existsSync(files.fired('1.0'))) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(port.effects()).toBe(0);
  writeFileSync(files.struck('1.0'), '');
  await expect(call).resolves.toBe(1);
});

test.each([
  ['submitJob', { stage: 'convert' }, 'convert'],
  ['removeJob', { name: 'build-engine-0123456789abcdef-case-1-run-1' }, 'build-engine'],
  ['removeJob', { name: 'train-0123456789abcdef-case-1-run-1' }, 'train'],
  ['publishVersion', { target: 'solo', version: 1 }, 'deploy'],
  ['smokeTest', { target: 'solo', version: 1 }, 'smoke-test'],
  ['resolveRun', { runId: 'case-1-run' }, 'resolve'],
])('%s of %o belongs to %s', (activity, request, stage) => {
  expect(stageOf(activity, request)).toBe(stage);
});
