import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createRunArchive } from '../../src/workers/run-archive.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';
import { diverging } from '../fakes/faults.ts';
import type { RunHandle } from '../workflows/run-handle.ts';
import { failureNameOf, startRun, untilPhase } from '../workflows/run-handle.ts';
import { startDeploy } from '../workflows/start-workflow.ts';
import type { WorkflowLab } from '../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../workflows/workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

type End = 'stays open' | 'is cancelled' | 'is terminated' | 'fails';

async function end(handle: RunHandle, how: End): Promise<void> {
  if (how === 'stays open') return;
  if (how === 'is cancelled') await handle.cancel();
  if (how === 'is terminated') await handle.terminate('by force');
  await failureNameOf(handle);
}

describe('the archive of runs', () => {
  test.each<End>(['stays open', 'is cancelled', 'is terminated', 'fails'])('knows a run that %s', async (how) => {
    const world = createFakeWorld({ ...diverging(1), ...(how === 'fails' ? { repair: { onFailure: 'fail' } } : {}) });
    const { found, runId } = await lab.inWorld(world, async () => {
      const handle = await startRun(lab);
      if (how !== 'fails') await untilPhase(handle, 'needs-attention');
      await end(handle, how);
      const memo = await createRunArchive(lab.environment.client).find(handle.workflowId);
      if (how === 'stays open') await handle.terminate();
      return { found: memo, runId: handle.workflowId };
    });
    expect(found).toEqual({
      spec: `file:///store/runs/${runId}/spec-1.json`,
      specDigest: 'sha256:5bec-1',
      jobsDigests: ['sha256:c0de'],
    });
  });

  test('knows the spec that a repaired run went on with', async () => {
    const found = await lab.inWorld(createFakeWorld(diverging(1)), async () => {
      const handle = await startRun(lab);
      await untilPhase(handle, 'needs-attention');
      await handle.executeUpdate('retry', { args: [{ stage: 'train', by: 'ada' }] });
      await handle.result();
      return createRunArchive(lab.environment.client).find(handle.workflowId);
    });
    expect(found).toMatchObject({ specDigest: 'sha256:5bec-2' });
  });

  test('tells a run whose input was refused from one that never was, and from what is no run', async () => {
    const archive = createRunArchive(lab.environment.client);
    await lab.inWorld(createFakeWorld({ fail: { resolveRun: 'InvalidSpec' } }), async () => {
      const refused = await startRun(lab);
      await failureNameOf(refused);
      expect(await archive.find(refused.workflowId)).toBe('unresolved');
      const deployment = await startDeploy(lab, 1);
      await deployment.result();
      expect(await archive.find(deployment.workflowId)).toBe('unknown');
    });
    expect(await archive.find('no-such-run')).toBe('unknown');
  });
});
