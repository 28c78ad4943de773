import { rm, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { buildJobDocument } from '../../src/activities/job-document.ts';
import { judgeJob } from '../../src/activities/job-verdict.ts';
import { findStageRecord } from '../../src/activities/stage-records.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { EndedJob, JobEnd } from '../../src/contracts/job.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

let store: StoreLab;
const request = jobRequest();

beforeEach(async () => {
  store = await openStoreLab();
});
afterEach(async () => store.remove());

function outputKey(): string {
  const { rootUri } = store.artifacts.objects;
  return buildJobDocument(request, rootUri).output.uri.slice(rootUri.length + 1);
}

/** The job of the request, which ended so. */
function ended(end: JobEnd): EndedJob {
  const { jobName: name, output } = buildJobDocument(request, store.artifacts.objects.rootUri);
  const { stage, stageKey } = request;
  return { stage, stageKey, handle: { name, id: '1', outputUri: output.uri }, end };
}

function exited(exitCode: number): EndedJob {
  return ended({ kind: 'exited', exitCode, logTail: 'the end of the log' });
}

type Left = 'nothing' | 'a result' | 'a failure' | 'half a result' | 'another document' | 'a result, but no file';

/** What a job leaves under its output prefix. */
async function leave(left: Left): Promise<void> {
  const key = `${outputKey()}/result.json`;
  if (left === 'nothing') return;
  if (left === 'another document') return store.writeJson(key, { status: 'fine' });
  if (left === 'a failure') {
    const failure = { name: 'InvalidData', message: 'rows.jsonl row 17: no field "prompt"' };
    return store.writeJson(key, { schema: 'windlass.result/v1', status: 'failed', failure });
  }
  const artifact = await store.publish(outputKey(), { kind: 'checkpoint' });
  const result = {
    schema: 'windlass.result/v1',
    status: 'succeeded',
    artifact,
    summary: {},
    metrics: { loss: 2 },
    versions: {},
  };
  await store.writeJson(key, result);
  if (left === 'half a result') await writeFile(store.fileOf(key), JSON.stringify(result).slice(0, 40));
  if (left === 'a result, but no file') await rm(store.fileOf(`${outputKey()}/model.txt`));
}

describe('the verdict over a job', () => {
  test('is success only with exit code 0, a result that says so and a complete artifact', async () => {
    await leave('a result');
    const outcome = await judgeJob(store.artifacts, exited(0));
    expect(outcome).toMatchObject({ kind: 'succeeded', record: { stageKey: request.stageKey, metrics: { loss: 2 } } });
    expect(await findStageRecord(store.artifacts, request.stageKey)).toMatchObject({ metrics: { loss: 2 } });
    expect(await judgeJob(store.artifacts, exited(0))).toEqual(outcome);
  });

  test.each([
    [0, 'nothing', 'ResultMissing', true],
    [0, 'half a result', 'ResultMissing', true],
    [0, 'another document', 'ResultMissing', true],
    [0, 'a result, but no file', 'ResultMissing', true],
    [0, 'a failure', 'InvalidData', false],
    [65, 'a failure', 'InvalidData', false],
    [70, 'a failure', 'InvalidData', false],
    [64, 'nothing', 'InvalidConfig', false],
    [65, 'nothing', 'InvalidData', false],
    [66, 'nothing', 'MissingInput', false],
    [67, 'nothing', 'CorruptArtifact', false],
    [68, 'nothing', 'IncompatibleEnvironment', false],
    [69, 'nothing', 'TrainingDiverged', false],
    [70, 'nothing', 'JobCrashed', true],
    [71, 'nothing', 'OutOfMemory', false],
    [74, 'nothing', 'StorageFull', false],
    [75, 'nothing', 'Preempted', true],
    [143, 'nothing', 'Preempted', true],
    [137, 'nothing', 'JobCrashed', true],
    [1, 'nothing', 'JobCrashed', true],
    [1, 'a result', 'JobCrashed', true],
    [1, 'half a result', 'JobCrashed', true],
  ] as const)('with exit code %i and %s left is %s', async (...[exitCode, left, name, retryable]) => {
    await leave(left);
    const outcome = await judgeJob(store.artifacts, exited(exitCode));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { name }, retryable, logTail: 'the end of the log' });
    if (outcome.kind === 'failed') expect(outcome.failure.advice).toMatch(/\w/u);
    expect(await findStageRecord(store.artifacts, request.stageKey)).toBeNull();
  });

  test.each([
    [137, 'OutOfMemory'],
    [70, 'OutOfMemory'],
    [65, 'InvalidData'],
    [143, 'Preempted'],
    [0, 'OutOfMemory'],
  ] as const)('with exit code %i while the machine had no memory left is %s', async (exitCode, name) => {
    const job = ended({ kind: 'exited', exitCode, outOfMemory: true, logTail: '' });
    expect(await judgeJob(store.artifacts, job)).toMatchObject({ kind: 'failed', failure: { name } });
  });

  test('over a job that is gone without an exit code names the reason', async () => {
    await leave('a result');
    const outcome = await judgeJob(store.artifacts, ended({ kind: 'lost', reason: 'out of memory', logTail: '' }));
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { name: 'JobLost', message: 'out of memory' },
      retryable: true,
    });
  });

  test('over a job that is gone takes the name that its runner knows', async () => {
    const end = { kind: 'lost', failure: 'Preempted', reason: 'the node was drained', logTail: '' } as const;
    expect(await judgeJob(store.artifacts, ended(end))).toMatchObject({ failure: { name: 'Preempted' } });
  });

  test('waits for a store that does not answer, and makes no failure of the job of it', async () => {
    const away = new AdapterError('Unavailable', 'the store does not answer', { system: 'store' });
    const objects = { ...store.artifacts.objects, get: async () => Promise.reject(away) };
    await expect(judgeJob({ ...store.artifacts, objects }, exited(0))).rejects.toBe(away);
  });
});
