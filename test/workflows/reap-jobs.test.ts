import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { JobsReport } from '../../src/contracts/job-inventory.ts';
import { reapOrderOf } from '../../src/workflows/reap-rules.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureOf } from './run-handle.ts';
import { startReaping } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

async function reap(world: FakeWorld, input: object): Promise<JobsReport> {
  return lab.inWorld(world, async () => (await startReaping(lab, input)).result());
}

describe('the workflow that reaps jobs', () => {
  test('only looks, unless it is told to remove', async () => {
    const world = createFakeWorld();
    expect(await reap(world, {})).toMatchObject({ jobs: [{ runId: 'glossary-7', isOrphan: true }], removed: null });
    expect(world.calls).toEqual(['listJobs']);
  });

  test('removes what has no run and says what it was', async () => {
    const world = createFakeWorld();
    const { jobs, removed } = await reap(world, { dryRun: false });
    expect(removed).toEqual([{ name: jobs[0]?.name, problem: null }]);
    expect(world.calls).toEqual(['listJobs', 'removeOrphanJobs']);
  });

  test('ends at once with a wrong input, naming the field', async () => {
    const world = createFakeWorld();
    const failure = await lab.inWorld(world, async () => failureOf(await startReaping(lab, { dryRun: 'no' })));
    expect(failure).toEqual({ name: 'InvalidSpec', message: 'dryRun: found "no"; expected true or false' });
    expect(world.calls).toEqual([]);
  });
});

test.each<[unknown, string]>([
  ['all', 'found "all"; expected an object such as {"dryRun":true}'],
  [null, 'found null; expected an object'],
  [{ dry: false }, 'dry: unknown field; known are dryRun'],
])('the input %j is refused in words', (input, problem) => {
  expect(reapOrderOf(input)).toContain(problem);
});
