import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { JobActivities } from '../../src/activities/job-activities.ts';
import type { JobRequest } from '../../src/contracts/job.ts';
import type { RunInput } from '../../src/contracts/run-spec.ts';
import type { StageStatus } from '../../src/contracts/run-status.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import type { RunHandle } from './run-handle.ts';
import { failureNameOf, startRun, statusOf } from './run-handle.ts';
import type { StoredWorldOptions } from './stored-world.ts';
import { createStoredWorld } from './stored-world.ts';
import { newTarget } from './target-lab.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
let store: StoreLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());
let input: RunInput;
beforeEach(async () => {
  input = { model: newTarget().model };
  store = await openStoreLab();
});
afterEach(async () => store.remove());

/** Training that waits until it is told to go on, as long as `isHeld` says so. */
function heldTraining(
  isHeld: (request: JobRequest) => boolean = () => true,
): StoredWorldOptions & { readonly goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work: StoredWorldOptions['work'] = async (request) => {
    if (request.stage === 'train' && isHeld(request)) await promise;
  };
  return { work, goOn: resolve };
}

async function stageOf(run: RunHandle, name: StageStatus['stage']): Promise<StageStatus | undefined> {
  return (await statusOf(run)).stages.find(({ stage }) => stage === name);
}

async function untilWaiting(run: RunHandle): Promise<void> {
  await vi.waitUntil(
    async () => {
      const { raw } = await run.describe();
      return raw.pendingActivities?.some(({ lastFailure }) => lastFailure?.message?.startsWith('waits for run'));
    },
    { timeout: 60_000 },
  );
}

async function untilTraining({ submitted }: FakeWorld): Promise<void> {
  await vi.waitUntil(() => trainings(submitted).length === 1, { timeout: 60_000 });
}

function trainings(submitted: readonly JobRequest[]): readonly string[] {
  return submitted.filter(({ stage }) => stage === 'train').map(({ runId }) => runId);
}

describe('two runs that need the same stage at the same time', () => {
  test('do it once, and both say so', async () => {
    const { goOn, ...options } = heldTraining();
    const world = createStoredWorld(lab, store, options);
    await lab.inWorld(world, async () => {
      const doer = await startRun(lab, { input });
      await untilTraining(world);
      const waiter = await startRun(lab, { input });
      await untilWaiting(waiter);
      goOn();
      await Promise.all([doer.result(), waiter.result()]);
      expect(trainings(world.submitted)).toEqual([doer.workflowId]);
      expect(await stageOf(doer, 'train')).toMatchObject({
        state: 'done',
        note: expect.stringContaining(`shared with run ${waiter.workflowId}`),
      });
      expect(await stageOf(waiter, 'train')).toMatchObject({
        state: 'reused',
        note: expect.stringContaining(`shared with run ${doer.workflowId}`),
      });
      expect(await stageOf(waiter, 'prepare-data')).toMatchObject({ note: expect.stringMatching(/^reused/u) });
    });
  });

  test('add no event to the history of the one that waits', async () => {
    const { goOn, ...options } = heldTraining();
    const world = createStoredWorld(lab, store, options);
    await lab.inWorld(world, async () => {
      const doer = await startRun(lab, { input });
      await untilTraining(world);
      const waiter = await startRun(lab, { input });
      await untilWaiting(waiter);
      const { historyLength } = await waiter.describe();
      await vi.waitUntil(async () => ((await waiter.describe()).raw.pendingActivities?.[0]?.attempt ?? 0) > 3, {
        timeout: 60_000,
      });
      expect((await waiter.describe()).historyLength).toBe(historyLength);
      goOn();
      await Promise.all([doer.result(), waiter.result()]);
    });
  });

  test.each([
    ['is cancelled', async (run: RunHandle) => void (await run.cancel())],
    ['is terminated', async (run: RunHandle) => void (await run.terminate('on purpose'))],
  ])('go on without the one that does it when it %s', async (_how, end) => {
    const ended = { runId: '' };
    const { goOn, ...options } = heldTraining(({ runId }) => runId === ended.runId);
    const world = createStoredWorld(lab, store, options);
    await lab.inWorld(world, async () => {
      const begun = untilTraining(world);
      const doer = await startRun(lab, { input, workflowId: (ended.runId = `doer-${crypto.randomUUID()}`) });
      await begun;
      const waiter = await startRun(lab, { input });
      await untilWaiting(waiter);
      await end(doer);
      await failureNameOf(doer);
      goOn();
      await waiter.result();
      expect(trainings(world.submitted)).toEqual([doer.workflowId, waiter.workflowId]);
      expect(await stageOf(waiter, 'train')).toMatchObject({ state: 'done', attempts: 1 });
    });
  });

  test('leave the one that does it alone when the one that waits is cancelled', async () => {
    const { goOn, ...options } = heldTraining();
    const world = createStoredWorld(lab, store, options);
    await lab.inWorld(world, async () => {
      const doer = await startRun(lab, { input });
      await untilTraining(world);
      const waiter = await startRun(lab, { input });
      await untilWaiting(waiter);
      await waiter.cancel();
      expect(await failureNameOf(waiter)).toBe('CancelledFailure');
      expect((await statusOf(waiter)).phase).toBe('cancelled');
      goOn();
      await doer.result();
      expect(trainings(world.submitted)).toEqual([doer.workflowId]);
    });
  });

  test('do it one after the other when the first fails, though that run waits for a repair', async () => {
    const failure = { name: 'InvalidData', message: 'row 17' } as const;
    const failed = new Set<string>();
    const world = createStoredWorld(lab, store, {
      work: async ({ stage, runId }) => {
        if (stage !== 'train' || failed.size > 0) return;
        failed.add(runId);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      },
    });
    const failing: JobActivities['collectJob'] = async (job) =>
      job.stage === 'train' && [...failed].some((runId) => job.handle.name.includes(runId))
        ? { kind: 'failed', failure, retryable: false, logTail: '' }
        : world.activities.collectJob(job);
    await lab.inWorld({ ...world, activities: { ...world.activities, collectJob: failing } }, async () => {
      const runs = await Promise.all([startRun(lab, { input }), startRun(lab, { input })]);
      const released = await Promise.race(runs.map(async (run) => run.result()));
      expect(trainings(world.submitted)).toHaveLength(2);
      const parked = runs.find(({ workflowId }) => workflowId !== released.runId);
      expect(parked && (await statusOf(parked)).phase).toBe('needs-attention');
      await parked?.cancel();
    });
  });
});

describe('a run without reuse', () => {
  test('does every stage anew beside one that does the same, and shares no training checkpoints', async () => {
    const { goOn, ...options } = heldTraining(({ isolated }) => isolated !== true);
    const world = createStoredWorld(lab, store, options);
    await lab.inWorld(world, async () => {
      const doer = await startRun(lab, { input });
      await untilTraining(world);
      const alone = await startRun(lab, { input: { ...input, reuse: false } });
      await alone.result();
      const { stages } = await statusOf(alone);
      expect(stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
      expect(world.submitted.filter(({ runId }) => runId === alone.workflowId)).toHaveLength(5);
      goOn();
      await doer.result();
    });
  });

  test('leaves results that others take', async () => {
    const world = createStoredWorld(lab, store);
    await lab.inWorld(world, async () => {
      const first = await startRun(lab, { input });
      await first.result();
      const alone = await startRun(lab, { input: { ...input, reuse: false } });
      await alone.result();
      const third = await startRun(lab, { input });
      await third.result();
      expect(world.submitted).toHaveLength(10);
      const taken = await stageOf(third, 'build-engine');
      expect(taken?.state).toBe('reused');
      expect(taken?.artifact?.uri).toBe((await stageOf(alone, 'build-engine'))?.artifact?.uri);
    });
  });
});
