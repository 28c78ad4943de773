import { rm } from 'node:fs/promises';

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { releaseClaim } from '../../src/activities/stage-claims.ts';
import type { PlanStageRequest, StageKeyRequest, StagePlan } from '../../src/activities/stage-plans.ts';
import { planStage, stageKeyOf } from '../../src/activities/stage-plans.ts';
import { keepStageRecord } from '../../src/activities/stage-records.ts';
import type { StageRecord } from '../../src/contracts/job.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

describe('the key of a stage', () => {
  const request: StageKeyRequest = {
    stage: 'train',
    inputs: { dataset: { uri: 'file:///store/d', digest: 'sha256:d1', kind: 'dataset' } },
    parameters: { steps: 3, lora: { rank: 8 }, workers: 2 },
    jobsDigest: 'sha256:c0de',
  };
  const dataset = { uri: 'file:///store/d', digest: 'sha256:d1', kind: 'dataset' } as const;

  test.each<[string, Partial<StageKeyRequest>]>([
    ['stage', { stage: 'convert' }],
    ['input digest', { inputs: { dataset: { ...dataset, digest: 'sha256:d2' } } }],
    ['name of an input', { inputs: { base: dataset } }],
    ['further input', { inputs: { dataset, base: dataset } }],
    ['parameter', { parameters: { steps: 4, lora: { rank: 8 }, workers: 2 } }],
    ['parameter deep inside', { parameters: { steps: 3, lora: { rank: 9 }, workers: 2 } }],
    ['further parameter', { parameters: { steps: 3, lora: { rank: 8 }, workers: 2, seed: 1 } }],
    ['code of the jobs', { jobsDigest: 'sha256:c0de2' }],
  ])('changes with the %s', (_name, change) => {
    expect(stageKeyOf({ ...request, ...change })).not.toBe(stageKeyOf(request));
  });

  test.each<[string, Partial<StageKeyRequest>]>([
    ['place of an input', { inputs: { dataset: { ...dataset, uri: 's3://elsewhere/d' } } }],
    ['number of worker processes', { parameters: { steps: 3, lora: { rank: 8 }, workers: 16 } }],
    ['order of the parameters', { parameters: { workers: 2, lora: { rank: 8 }, steps: 3 } }],
  ])('does not change with the %s', (_name, change) => {
    expect(stageKeyOf({ ...request, ...change })).toBe(stageKeyOf(request));
  });

  test('has artifacts among its parameters by their digest, wherever they lie', () => {
    const [one, moved, other] = [
      dataset,
      { ...dataset, uri: 's3://elsewhere/d' },
      { ...dataset, digest: 'sha256:d2' } as const,
    ].map((training) => stageKeyOf({ ...request, parameters: { training } }));
    expect(moved).toBe(one);
    expect(other).not.toBe(one);
  });

  test('differs whenever a parameter does', () => {
    const values = fc.array(fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)));
    fc.assert(
      fc.property(values, values, (one, other) => {
        const [first, second] = [one, other].map((value) => stageKeyOf({ ...request, parameters: { value } }));
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe('the plan of a stage', () => {
  let store: StoreLab;
  let open: Set<string>;
  beforeEach(async () => {
    store = await openStoreLab();
    open = new Set(['ada', 'bob', 'eve']);
  });
  afterEach(async () => store.remove());

  const request: StageKeyRequest = { stage: 'train', inputs: {}, parameters: { steps: 3 }, jobsDigest: 'sha256:c0de' };
  const stageKey = stageKeyOf(request);

  /** As Temporal asks for a run: the attempt tells how long it has waited. */
  async function plan(
    run: string,
    { attempt = 1, ...changes }: Partial<PlanStageRequest> & { attempt?: number } = {},
  ): Promise<StagePlan> {
    const executions = { isOpen: async ({ workflowId }: { workflowId: string }) => open.has(workflowId) };
    const asked = {
      ...request,
      holder: { workflowId: run, runId: `${run}-1` },
      reuse: true,
      olderJobsDigests: [],
      ...changes,
    };
    return new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run(async () =>
      planStage({ artifacts: store.artifacts, executions }, asked),
    );
  }

  async function finish(): Promise<StageRecord> {
    const record = { stageKey, artifact: await store.publish('made'), summary: {}, metrics: {} };
    await keepStageRecord(store.artifacts.objects, record);
    return record;
  }

  test('is the record of an earlier run, while its artifact stands', async () => {
    const record = await finish();
    expect(await plan('ada')).toEqual({ stageKey, record });
  });

  test('is what older job code has made, the newest first, and the work where none of it stands', async () => {
    const olderJobsDigests = ['sha256:01d', 'sha256:01der'];
    const older = stageKeyOf({ ...request, jobsDigest: 'sha256:01der' });
    const artifact = await store.publish('older');
    await keepStageRecord(store.artifacts.objects, { stageKey: older, artifact, summary: {}, metrics: {} });
    expect(await plan('ada', { olderJobsDigests })).toMatchObject({ stageKey: older, record: { stageKey: older } });
    expect((await plan('bob', { olderJobsDigests, reuse: false })).record).toBeNull();
    await rm(store.fileOf('older'), { recursive: true });
    expect(await plan('eve', { olderJobsDigests })).toMatchObject({ stageKey, record: null });
  });

  test('is the work for the first of many runs, and waiting for all others', async () => {
    const plans = await Promise.allSettled(['ada', 'bob', 'eve'].map(async (run) => plan(run)));
    expect(plans.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of plans) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ failure: 'StageClaimed' });
    }
  });

  test('names the run that does the work, and when to look again: ever later', async () => {
    await plan('ada');
    await expect(plan('bob')).rejects.toMatchObject({
      failure: 'StageClaimed',
      message: 'waits for run ada, which does the same train',
      retryAfterMs: 500,
    });
    await expect(plan('bob', { attempt: 3 })).rejects.toMatchObject({ retryAfterMs: 1125 });
    await expect(plan('bob', { attempt: 99 })).rejects.toMatchObject({ retryAfterMs: 10_000 });
  });

  test('is the same claim for its holder, who asks again after its worker has died', async () => {
    const first = await plan('ada');
    expect(await plan('ada', { attempt: 2 })).toEqual(first);
    expect(first).toEqual({ stageKey, record: null, claim: 1 });
  });

  test('tells the holder who waited, and each of them whose work it got', async () => {
    await plan('ada');
    await expect(plan('bob')).rejects.toThrow('waits for run ada');
    await expect(plan('bob', { attempt: 2 })).rejects.toThrow('waits for run ada');
    await expect(plan('eve')).rejects.toThrow('waits for run ada');
    const record = await finish();
    const claim = { stageKey, generation: 1 };
    expect((await releaseClaim(store.artifacts.objects, claim)).toSorted()).toEqual(['bob', 'eve']);
    expect((await releaseClaim(store.artifacts.objects, claim)).toSorted()).toEqual(['bob', 'eve']);
    expect(await plan('bob', { attempt: 3 })).toEqual({ stageKey, record, sharedWith: 'ada' });
  });

  test('is the work for one of those who wait, once the claim was given back', async () => {
    await plan('ada');
    await expect(plan('bob')).rejects.toThrow('waits for run ada');
    await releaseClaim(store.artifacts.objects, { stageKey, generation: 1 });
    expect(await plan('bob', { attempt: 2 })).toEqual({ stageKey, record: null, claim: 2 });
    await expect(plan('eve')).rejects.toThrow('waits for run bob');
  });

  test('is the work for one of those who wait, once the holder was terminated', async () => {
    await plan('ada');
    await expect(plan('bob')).rejects.toThrow('waits for run ada');
    open.delete('ada');
    expect(await plan('bob', { attempt: 2 })).toEqual({ stageKey, record: null, claim: 2 });
  });

  test('is the work again for a run that was reset: its former execution has ended', async () => {
    await plan('ada');
    open.delete('ada');
    const holder = { workflowId: 'ada', runId: 'ada-2' };
    expect(await plan('ada', { holder })).toEqual({ stageKey, record: null, claim: 2 });
  });

  test('is the record of a holder that died between keeping it and releasing its claim', async () => {
    await plan('ada');
    const record = await finish();
    open.delete('ada');
    expect(await plan('eve')).toEqual({ stageKey, record });
  });

  test('passes over claims of which somebody removed the holder', async () => {
    await plan('ada');
    await expect(plan('bob')).rejects.toThrow('waits for run ada');
    await store.artifacts.objects.delete(`claims/${stageKey.slice('sha256:'.length)}/00000001.json`);
    expect(await plan('bob', { attempt: 2 })).toEqual({ stageKey, record: null, claim: 2 });
  });

  test('without reuse is the work, whatever stands and whoever does it, and takes no claim', async () => {
    await plan('ada');
    expect(await plan('bob', { reuse: false })).toEqual({ stageKey, record: null });
    await finish();
    expect(await plan('bob', { reuse: false })).toEqual({ stageKey, record: null });
  });
});
