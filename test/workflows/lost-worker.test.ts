import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ActivityName } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { startRun } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

/** One activity of each queue and profile that every run calls. */
const awaited: readonly ActivityName[] = ['planStage', 'submitJob', 'awaitJob', 'loadCandidate'];

test('a worker that dies in the middle of any activity is missed within seconds, and its work is done by another', async () => {
  const end = Promise.withResolvers<void>();
  const lostAtMs: Partial<Record<ActivityName, number>> = {};
  const silenceMs: Partial<Record<ActivityName, number>> = {};
  const world = createFakeWorld({
    onCall: async (name) => {
      if (!awaited.includes(name)) return;
      const lost = lostAtMs[name];
      if (lost !== undefined) silenceMs[name] ??= Date.now() - lost;
      lostAtMs[name] ??= Date.now();
      if (lost === undefined) await end.promise;
    },
  });
  const result = await lab.inWorld(world, async () => {
    const run = await startRun(lab);
    return run.result().finally(end.resolve);
  });
  expect(result).toMatchObject({ version: 1 });
  expect(Object.keys(silenceMs)).toEqual(awaited);
  for (const silence of Object.values(silenceMs)) expect(silence).toBeLessThan(18_000);
});
