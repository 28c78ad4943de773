import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { startRun, statusOf, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

const decision = { by: 'ada', engineDigest: 'sha256:build-engine' };

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

/** The last step before a run waits for its approval ends when it is told to. */
function heldWorld(): { readonly world: FakeWorld; readonly isHeld: () => Promise<void>; readonly goOn: () => void } {
  const held = Promise.withResolvers<void>();
  const world = createFakeWorld({
    approvalRequired: true,
    reused: true,
    onCall: async (name) => (name === 'tagVersion' ? held.promise : undefined),
  });
  const isHeld = async (): Promise<void> => {
    while (!world.calls.includes('tagVersion')) await delay(10);
  };
  return { world, isHeld, goOn: held.resolve };
}

test('a decision about what a lost worker has shown counts, though the history was behind it', async () => {
  const { world, isHeld, goOn } = heldWorld();
  const workers = await lab.startWorkers(world, {});
  const handle = await startRun(lab);
  await isHeld();
  const stopped = workers.stop();
  // Once it asks for no more work, nobody takes up what the step leads to.
  await delay(1_000);
  goOn();
  await stopped;
  await handle.signal('approve', decision);
  const result = await lab.inWorld(world, async () => handle.result());
  expect(result.target).toBe('production');
});

test('a decision that came before there was anything to decide does not', async () => {
  const { world, isHeld, goOn } = heldWorld();
  await lab.inWorld(world, async () => {
    const handle = await startRun(lab);
    await isHeld();
    await handle.signal('approve', decision);
    await statusOf(handle);
    goOn();
    await untilPhase(handle, 'awaiting-approval');
    expect((await statusOf(handle)).decision).toBeNull();
    await handle.signal('approve', decision);
    expect((await handle.result()).target).toBe('production');
  });
});
