import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { targetWorkflowId } from '../../src/contracts/names.ts';
import { createWorkflowExecutions } from '../../src/workers/workflow-executions.ts';
import { gateOf, holderNamed, newTarget, worldWithTargets } from '../workflows/target-lab.ts';
import { failureNameOf, startRun } from '../workflows/run-handle.ts';
import type { WorkflowLab } from '../workflows/workflow-lab.ts';
import { openWorkflowLab } from '../workflows/workflow-lab.ts';

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

test('Temporal tells which executions there are, and which of them are open', async () => {
  const executions = createWorkflowExecutions(lab.environment.client);
  await lab.inWorld(worldWithTargets(lab), async () => {
    const run = await startRun(lab);
    await failureNameOf(run);
    const target = newTarget();
    await gateOf(lab).acquire(target, holderNamed('ada'));
    const targetId = targetWorkflowId(target.target, target.model);
    const expected = [
      { workflowId: run.workflowId, type: 'llmPipeline', isOpen: false },
      { workflowId: targetId, type: 'servingTarget', isOpen: true },
    ];
    await vi.waitFor(
      async () => {
        const known = await Array.fromAsync(executions.list(), ({ workflowId, type, isOpen }) => ({
          workflowId,
          type,
          isOpen,
        }));
        expect(known).toEqual(expect.arrayContaining(expected));
      },
      { timeout: 60_000, interval: 200 },
    );
  });
  expect(await executions.isOpen({ workflowId: 'no-such-run', runId: '' })).toBe(false);
});
