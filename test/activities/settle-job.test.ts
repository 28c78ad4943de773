import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { buildJobDocument } from '../../src/activities/job-document.ts';
import { settleJob } from '../../src/activities/settle-job.ts';
import { claimStage } from '../../src/activities/stage-claims.ts';
import { findStageRecord } from '../../src/activities/stage-records.ts';
import type { JobOutcome, JobRequest, StartedJob } from '../../src/contracts/job.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

let store: StoreLab;
const { stageKey } = jobRequest();

beforeEach(async () => {
  store = await openStoreLab();
});
afterEach(async () => store.remove());

interface Order extends Partial<JobRequest> {
  readonly claim?: number;
}

/** A job that has left its result, or a failure, and ended. */
async function settle({ claim, ...changes }: Order, failure?: object): Promise<JobOutcome> {
  const { rootUri } = store.artifacts.objects;
  const request = jobRequest(changes);
  const { jobName: name, output } = buildJobDocument(request, rootUri);
  const key = output.uri.slice(rootUri.length + 1);
  const artifact = await store.publish(key, { kind: 'checkpoint' });
  const result =
    failure === undefined ? { status: 'succeeded', artifact, summary: {}, metrics: {} } : { status: 'failed', failure };
  await store.writeJson(`${key}/result.json`, result);
  const isolated: Pick<StartedJob, 'isolated'> = request.isolated === undefined ? {} : { isolated: request.isolated };
  const end = { kind: 'exited', exitCode: failure === undefined ? 0 : 65, logTail: '' } as const;
  const job = { stage: request.stage, stageKey, handle: { name, id: '1', outputUri: output.uri }, end, ...isolated };
  return settleJob(store.artifacts, claim === undefined ? job : { ...job, claim });
}

async function claimAs(run: string): ReturnType<typeof claimStage> {
  const dependencies = { objects: store.artifacts.objects, executions: { isOpen: async () => true } };
  return claimStage(dependencies, { stageKey, holder: { workflowId: run, runId: `${run}-1` } });
}

describe('the record of a job', () => {
  test('stays beside that of an equal one, but gives way to one that was done without reuse', async () => {
    const first = await settle({ runId: 'first' });
    expect(await settle({ runId: 'second' })).not.toEqual(first);
    expect(await findStageRecord(store.artifacts, stageKey)).toMatchObject({
      artifact: { uri: expect.stringContaining('/first-1') },
    });
    await settle({ runId: 'third', isolated: true });
    await settle({ runId: 'third', isolated: true });
    expect(await findStageRecord(store.artifacts, stageKey)).toMatchObject({
      artifact: { uri: expect.stringContaining('/third-1') },
    });
  });

  test('of a run without reuse comes from checkpoints of its own', () => {
    const { rootUri } = store.artifacts.objects;
    const checkpointsOf = (changes: Partial<JobRequest>): string | undefined =>
      buildJobDocument(jobRequest(changes), rootUri).checkpoints;
    const shared = checkpointsOf({});
    expect(checkpointsOf({ runId: 'another' })).toBe(shared);
    expect(checkpointsOf({ isolated: true })).toBe(`${shared ?? ''}-glossary-7`);
    expect(checkpointsOf({ isolated: true, attempt: 2 })).toBe(`${shared ?? ''}-glossary-7`);
  });
});

describe('the claim under which a job worked', () => {
  test('is over with its success, which tells who waited; said twice it says the same', async () => {
    await claimAs('first');
    await claimAs('second');
    const outcome = await settle({ runId: 'first', claim: 1 });
    expect(outcome).toMatchObject({ kind: 'succeeded', sharedWith: ['second'] });
    expect(await settle({ runId: 'first', claim: 1 })).toEqual(outcome);
    expect(await claimAs('third')).toMatchObject({ kind: 'claimed', claim: { generation: 2 } });
  });

  test('goes on after a failure: the run may try again', async () => {
    await claimAs('first');
    const failure = { name: 'InvalidData', message: 'row 17' };
    expect(await settle({ runId: 'first', claim: 1 }, failure)).toMatchObject({ kind: 'failed' });
    expect(await claimAs('second')).toMatchObject({ kind: 'held', holder: { workflowId: 'first' } });
  });
});
