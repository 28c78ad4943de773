import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createFakeWorld } from '../fakes/fake-world.ts';
import type { RunHandle } from './run-handle.ts';
import { failureNameOf, startRun, statusOf } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

describe('cancellation', () => {
  test('ends the job of the running stage', async () => {
    const isWaiting = Promise.withResolvers<void>();
    const world = createFakeWorld({
      onCall: (name) => {
        if (name !== 'awaitJob') return undefined;
        isWaiting.resolve();
        return new Promise((resolve) => setTimeout(resolve, 400));
      },
    });
    const { name, status } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      await isWaiting.promise;
      await handle.cancel();
      return { name: await failureNameOf(handle), status: await statusOf(handle) };
    });
    expect(name).toBe('CancelledFailure');
    expect(status.phase).toBe('cancelled');
    expect(world.calls).toContain('removeJob');
  });

  test('brings the target back when it comes in the middle of a deployment', async () => {
    let handle: RunHandle | null = null;
    const world = createFakeWorld({
      live: [1],
      onCall: async (name) => {
        if (name === 'verifyRoute') await handle?.cancel();
      },
    });
    const name = await lab.inWorld(world, async () => {
      handle = await startRun(lab);
      return failureNameOf(handle);
    });
    expect(name).toBe('CancelledFailure');
    expect(world.serving).toEqual({ ready: [1], published: [1], candidate: null });
    expect(world.lease()).toBeNull();
  });
});
