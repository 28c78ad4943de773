import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { RepairOrder, RepairRecord } from '../../src/contracts/repair.ts';
import type { RunStatus, StageStatus } from '../../src/contracts/run-status.ts';
import type { StageName } from '../../src/contracts/stage.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { diverging } from '../fakes/faults.ts';
import type { RunHandle } from './run-handle.ts';
import { failureNameOf, failureOf, refusalOf, startRun, statusOf, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

const slower: RepairOrder = {
  stage: 'train',
  by: 'ada',
  set: { 'train.learningRate': 0.0001 },
  comment: 'it diverged',
};

function jobsOf(world: FakeWorld): string[] {
  return world.submitted.map(({ stage, attempt }) => `${stage} ${attempt}`);
}

/** As long as a run is parked in the worlds of these tests. */
const parkedMs = 3_600_000;

/** By the server's clock, which skips what nobody waits for. */
async function durationOf(handle: RunHandle): Promise<number> {
  const { startTime, closeTime } = await handle.describe();
  return (closeTime?.getTime() ?? Infinity) - startTime.getTime();
}

async function retry(handle: RunHandle, order: unknown): Promise<RepairRecord> {
  return handle.executeUpdate<RepairRecord, [unknown]>('retry', { args: [order] });
}

function stageIn(status: RunStatus, name: StageName): StageStatus | undefined {
  return status.stages.find(({ stage }) => stage === name);
}

describe('a job stage that fails for good', () => {
  test('parks the run, which says why and until when, and holds nothing', async () => {
    const world = createFakeWorld(diverging(1));
    const status = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      const parked = await untilPhase(handle, 'needs-attention');
      await handle.cancel();
      await failureNameOf(handle);
      return parked;
    });
    expect(status.attention).toMatchObject({
      stage: 'train',
      failure: { name: 'TrainingDiverged', message: 'loss 80 is above 50', advice: 'Lower train.learningRate.' },
      logTail: 'step 1\nstep 2',
      job: 'train-1',
    });
    const { since = '', expiresAt = '' } = status.attention ?? {};
    expect(Date.parse(expiresAt) - Date.parse(since)).toBe(parkedMs);
    expect(status.stages.find(({ stage }) => stage === 'train')).toMatchObject({ state: 'failed', attempts: 1 });
    expect(world.calls.filter((name) => name === 'collectJob')).toHaveLength(world.submitted.length);
    expect(world.calls).not.toContain('acquireTarget');
  });

  test('goes on from there with the change, does nothing before it again, and keeps the audit trail', async () => {
    const world = createFakeWorld(diverging(1));
    const { record, result, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      const made = await retry(handle, slower);
      return { record: made, result: await handle.result(), status: await statusOf(handle) };
    });
    expect(result.version).toBe(1);
    expect(jobsOf(world)).toEqual([
      'prepare-data 1',
      'train 1',
      'train 2',
      'convert 1',
      'build-engine 1',
      'evaluate 1',
    ]);
    expect(world.submitted[1]?.parameters).toMatchObject({ learningRate: 0.001 });
    expect(world.submitted[2]?.parameters).toMatchObject({ learningRate: 0.0001 });
    expect(record).toMatchObject({ ...slower, specDigest: 'sha256:5bec-2' });
    expect(status).toMatchObject({ phase: 'released', attention: null, repairs: [record] });
    expect(world.tagged['windlass.spec']).toBe('sha256:5bec-2');
    expect(JSON.parse(world.tagged['windlass.repair.1'] ?? '')).toEqual(record);
  });

  test('shows no time of its former attempt while it runs again', async () => {
    const again = Promise.withResolvers<void>();
    const world = createFakeWorld({
      ...diverging(1),
      onCall: (name) => (name === 'awaitJob' && world.submitted.at(-1)?.attempt === 2 ? again.promise : undefined),
    });
    const running = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      const parked = await untilPhase(handle, 'needs-attention');
      expect(stageIn(parked, 'train')).toHaveProperty('durationMs');
      await retry(handle, slower);
      const stage = await vi.waitFor(async () => {
        const found = stageIn(await statusOf(handle), 'train');
        expect(found).toMatchObject({ state: 'running' });
        return found;
      });
      again.resolve();
      await handle.result();
      return stage;
    });
    expect(running).not.toHaveProperty('durationMs');
  });

  test('may be repaired as often as it takes, without a change too', async () => {
    const world = createFakeWorld(diverging(2));
    const status = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      await retry(handle, { stage: 'train', by: 'ada' });
      await untilPhase(handle, 'needs-attention');
      await retry(handle, { ...slower, by: 'grace' });
      await handle.result();
      return statusOf(handle);
    });
    expect(jobsOf(world).slice(1, 4)).toEqual(['train 1', 'train 2', 'train 3']);
    expect(status.repairs.map(({ by, set }) => [by, Object.keys(set)])).toEqual([
      ['ada', []],
      ['grace', ['train.learningRate']],
    ]);
  });

  test.each(['prepare-data', 'convert', 'build-engine', 'evaluate'] as const)(
    'is repaired in %s alike',
    async (stage) => {
      const world = createFakeWorld(diverging(1, stage));
      await lab.inWorld(world, async () => {
        const handle = await startRun(lab);
        await untilPhase(handle, 'needs-attention');
        await retry(handle, { stage, by: 'ada' });
        await handle.result();
      });
      expect(new Set(jobsOf(world)).size).toBe(6);
      expect(jobsOf(world)).toContain(`${stage} 2`);
    },
  );

  test('ends the run at once where the spec says so', async () => {
    const world = createFakeWorld({ ...diverging(1), repair: { onFailure: 'fail' } });
    const { failure, tookMs } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { failure: await failureOf(handle), tookMs: await durationOf(handle) };
    });
    expect(failure).toEqual({ name: 'TrainingDiverged', message: 'loss 80 is above 50' });
    expect(tookMs).toBeLessThan(parkedMs);
  });

  test('ends the run with its own failure when nobody repairs it in time', async () => {
    const world = createFakeWorld(diverging(1));
    const { name, status, tookMs } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      return { name: await failureNameOf(handle), status: await statusOf(handle), tookMs: await durationOf(handle) };
    });
    expect(name).toBe('TrainingDiverged');
    expect(tookMs).toBeGreaterThanOrEqual(parkedMs);
    expect(tookMs).toBeLessThan(2 * parkedMs);
    expect(status).toMatchObject({ phase: 'failed', attention: null, failure: { name: 'TrainingDiverged' } });
    expect(jobsOf(world)).toEqual(['prepare-data 1', 'train 1']);
  });

  test('ends the run as cancelled when it is cancelled while it waits', async () => {
    const world = createFakeWorld(diverging(1));
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      await handle.cancel();
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('CancelledFailure');
    expect(status).toMatchObject({ phase: 'cancelled', attention: null });
    expect(status.stages.find(({ stage }) => stage === 'train')?.state).toBe('failed');
  });
});

describe('a parked run', () => {
  test('adopts the job whose start was thought to have failed', async () => {
    const world = createFakeWorld({ fail: { submitJob: 'StorageFull' }, failures: 1 });
    const status = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      const parked = await untilPhase(handle, 'needs-attention');
      await retry(handle, { stage: 'prepare-data', by: 'ada' });
      await handle.result();
      return parked;
    });
    expect(status.attention).toMatchObject({
      stage: 'prepare-data',
      job: null,
      logTail: '',
      failure: { name: 'StorageFull' },
    });
    expect(jobsOf(world).slice(0, 3)).toEqual(['prepare-data 1', 'prepare-data 1', 'train 1']);
  });
});

describe('a repair that does not fit', () => {
  test('is refused with the reason and leaves the run parked', async () => {
    const world = createFakeWorld(diverging(1));
    const { refusals, parked } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      const wrong = [
        { ...slower, stage: 'convert' },
        { ...slower, by: '' },
        { ...slower, set: { 'data.maxRows': 3 } },
        { ...slower, set: { 'train.learningRate': 7 } },
      ];
      const messages: string[] = [];
      for (const order of wrong) messages.push(await refusalOf(retry(handle, order)));
      const status = await statusOf(handle);
      await retry(handle, slower);
      await handle.result();
      return { refusals: messages, parked: status };
    });
    expect(refusals[0]).toContain('the stage that waits for a repair is train');
    expect(refusals[1]).toContain('the name of the one who repairs is missing');
    expect(refusals[2]).toContain('windlass fork');
    expect(refusals[3]).toBe('train.learningRate: found 7 (number); expected a number from 1e-9 to 1');
    expect(parked).toMatchObject({ phase: 'needs-attention', repairs: [] });
    expect(jobsOf(world).filter((job) => job.startsWith('train'))).toEqual(['train 1', 'train 2']);
  });

  test('is refused before the run is parked, and after it went on', async () => {
    const world = createFakeWorld({ approvalRequired: true });
    const refusal = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'awaiting-approval');
      const message = await refusalOf(retry(handle, slower));
      await handle.cancel();
      await failureNameOf(handle);
      return message;
    });
    expect(refusal).toContain('does not wait for a repair; it is awaiting-approval');
  });
});

describe('a forked run', () => {
  test('takes the spec of the other one with its change, and older results before its stage only', async () => {
    const world = createFakeWorld(diverging(1));
    const { origin, status, requester } = await lab.inWorld(world, async () => {
      const parked = await startRun(lab);
      await untilPhase(parked, 'needs-attention');
      await parked.terminate('nobody wants it any more');
      const fork = { run: parked.workflowId, from: 'build-engine', set: { 'build.quantization': 'int4' } } as const;
      const handle = await startRun(lab, { input: { fork, requester: 'ada' } });
      await untilPhase(handle, 'needs-attention');
      await retry(handle, { stage: 'train', by: 'ada' });
      await handle.result();
      const released = await statusOf(handle);
      return { origin: parked.workflowId, status: released, requester: released.requester };
    });
    expect(status).toMatchObject({ phase: 'released', fork: { run: origin, from: 'build-engine' } });
    expect(requester).toBe('ada');
    const plans = world.planned.slice(2).map(({ stage, olderJobsDigests }) => [stage, olderJobsDigests]);
    expect(plans).toEqual([
      ['prepare-data', ['sha256:01d', 'sha256:c0de']],
      ['train', ['sha256:01d', 'sha256:c0de']],
      ['train', ['sha256:01d', 'sha256:c0de']],
      ['convert', ['sha256:01d', 'sha256:c0de']],
      ['build-engine', []],
      ['evaluate', []],
    ]);
    expect(world.submitted.at(-2)?.parameters).toMatchObject({ quantization: 'int4' });
  });
});

describe('a repair that is sent twice', () => {
  test('is made once: the same Update gives the same answer, another one is refused', async () => {
    const isHeld = Promise.withResolvers<void>();
    const world = createFakeWorld({
      ...diverging(1),
      onCall: async (name) => {
        if (name === 'amendRun') await isHeld.promise;
      },
    });
    const { first, again, refusal, late } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      const send = async (updateId: string): Promise<RepairRecord> =>
        handle.executeUpdate<RepairRecord, [RepairOrder]>('retry', { updateId, args: [slower] });
      const sent = [send('r1'), send('r1')];
      while (!world.calls.includes('amendRun')) await new Promise((resolve) => setTimeout(resolve, 10));
      const meanwhile = await refusalOf(send('r2'));
      isHeld.resolve();
      const [one, two] = await Promise.all(sent);
      const after = await refusalOf(send('r3'));
      await handle.result();
      return { first: one, again: two, refusal: meanwhile, late: after };
    });
    expect(first).toMatchObject(slower);
    expect(again).toEqual(first);
    expect(refusal).toBe('another repair is being checked');
    expect(late).toContain('does not wait for a repair');
    expect(jobsOf(world).filter((job) => job.startsWith('train'))).toEqual(['train 1', 'train 2']);
  });
});
