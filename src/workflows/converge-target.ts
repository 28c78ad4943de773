import { CancellationScope, workflowInfo } from '@temporalio/workflow';

import type { PriorState, TargetModel } from '../contracts/serving.ts';
import { control, leasing, servingRestore } from './activity-profiles.ts';
import { converge } from './converge.ts';
import { namingFailures } from './failure-of.ts';
import { createFence } from './fence.ts';

export interface ConvergeOutcome {
  /** What was changed, in words; empty: the target was as its log says. */
  readonly changes: readonly string[];
  readonly state: PriorState;
}

/**
 * Brings a target back that a deployer left half changed. `servingTarget` starts it when it takes a lease back; it waits for servers
 * that are away. One that fails (an engine that does not load any more) leaves the target for the next deployment.
 */
export async function convergeTarget(target: TargetModel): Promise<ConvergeOutcome> {
  const { workflowId, runId } = workflowInfo();
  const holder = { workflowId, runId };
  let settled = false;
  try {
    return await namingFailures(async () => {
      const held = await leasing.acquireTarget({ target, holder });
      const fence = createFence(held.lease);
      const { changes, prior } = await converge({ target, held, fence, calls: servingRestore });
      settled = true;
      return { changes, state: prior };
    });
  } finally {
    await CancellationScope.nonCancellable(async () => control.releaseTarget({ target, holder, settled }));
  }
}
