import { afterAll, beforeAll, expect, test } from 'vitest';

import { createFakeWorld } from '../fakes/fake-world.ts';
import { diverging } from '../fakes/faults.ts';
import { failureNameOf, startRun, statusOf, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

test('a parked run goes on though all workers were away meanwhile', async () => {
  const world = createFakeWorld(diverging(1));
  const handle = await lab.inWorld(world, async () => {
    const started = await startRun(lab);
    await untilPhase(started, 'needs-attention');
    return started;
  });
  const result = await lab.inWorld(world, async () => {
    expect((await statusOf(handle)).attention?.logTail).toBe('step 1\nstep 2');
    await handle.executeUpdate('retry', { args: [{ stage: 'train', by: 'ada' }] });
    return handle.result();
  });
  expect(result.version).toBe(1);
  const jobs = world.submitted.map(({ stage, attempt }) => `${stage} ${attempt}`);
  expect(jobs).toEqual(['prepare-data 1', 'train 1', 'train 2', 'convert 1', 'build-engine 1', 'evaluate 1']);
});

test('a repair that was being checked when the run was cancelled is refused', async () => {
  const isHeld = Promise.withResolvers<void>();
  const world = createFakeWorld({
    ...diverging(1),
    onCall: async (name) => {
      if (name === 'amendRun') await isHeld.promise;
    },
  });
  const { name, phase } = await lab.inWorld(world, async () => {
    const handle = await startRun(lab);
    await untilPhase(handle, 'needs-attention');
    const refused = handle.executeUpdate('retry', { args: [{ stage: 'train', by: 'ada' }] }).then(
      () => 'made',
      () => 'refused',
    );
    while (!world.calls.includes('amendRun')) await new Promise((resolve) => setTimeout(resolve, 10));
    await handle.cancel();
    await untilPhase(handle, 'cancelled');
    isHeld.resolve();
    expect(await refused).toBe('refused');
    return { name: await failureNameOf(handle), phase: (await statusOf(handle)).phase };
  });
  expect({ name, phase }).toEqual({ name: 'CancelledFailure', phase: 'cancelled' });
});
