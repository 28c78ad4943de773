import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createFakeWorld } from '../fakes/fake-world.ts';
import { failureOf } from './run-handle.ts';
import { startImport } from './start-workflow.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('time-skipping');
});
afterAll(async () => lab.close());

describe('an import', () => {
  test('runs its job, names the artifact and returns it', async () => {
    const world = createFakeWorld();
    const base = await lab.inWorld(world, async () => (await startImport(lab)).result());
    expect(base).toEqual({ uri: 'file:///store/import-model', digest: 'sha256:import-model', kind: 'engine' });
    expect(world.submitted).toMatchObject([
      {
        stage: 'import-model',
        attempt: 1,
        outputKind: 'base-model',
        parameters: { source: 'package:tiny', name: 'tiny' },
      },
    ]);
    expect(world.calls.slice(-2)).toEqual(['collectJob', 'nameBaseModel']);
  });

  test('of a name that stands starts no job', async () => {
    const world = createFakeWorld({ baseModels: ['tiny'] });
    const base = await lab.inWorld(world, async () => (await startImport(lab)).result());
    expect(base.digest).toBe('sha256:tiny');
    expect(world.submitted).toEqual([]);
  });

  test('whose job fails for good ends with the name of its failure, and names nothing', async () => {
    const world = createFakeWorld({
      jobOutcomes: () => ({
        kind: 'failed',
        failure: { name: 'MissingInput', message: 'package tiny is not installed' },
        retryable: false,
        logTail: '',
      }),
    });
    const failure = await lab.inWorld(world, async () => failureOf(await startImport(lab)));
    expect(failure).toEqual({ name: 'MissingInput', message: 'package tiny is not installed' });
    expect(world.calls).not.toContain('nameBaseModel');
  });
});
