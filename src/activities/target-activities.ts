import { cancellationSignal } from '@temporalio/activity';

import type {
  CommittedRelease,
  HeldTarget,
  Lease,
  LeaseHolder,
  Release,
  RollbackGoal,
  TargetModel,
} from '../contracts/serving.ts';
import type { ReleaseDraft, TargetGate } from '../ports/target-gate.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';

/**
 * Lease, log and state of a target, for workflows (which cannot send updates themselves). Idempotent per holder. No answer holds the
 * release log: it grows with the years, and every answer stands in a history.
 */
export interface TargetActivities {
  /** Waits in the target's queue as long as it takes. @throws `TargetFrozen` */
  acquireTarget(request: { readonly target: TargetModel; readonly holder: LeaseHolder }): Promise<HeldTarget>;
  /** Gives the lease back, or leaves the queue. */
  releaseTarget(request: { readonly target: TargetModel; readonly holder: LeaseHolder }): Promise<void>;
  /** @throws `StaleFence` */
  commitRelease(request: CommitRelease): Promise<CommittedRelease>;
  /** Null: nothing is live. */
  findLiveRelease(target: TargetModel): Promise<Release | null>;
  findRollbackGoal(request: { readonly target: TargetModel; readonly to?: number }): Promise<RollbackGoal>;
  /** Whether the workflow that holds a lease still runs. */
  isHolderOpen(holder: LeaseHolder): Promise<boolean>;
}

export interface CommitRelease {
  readonly target: TargetModel;
  readonly lease: Lease;
  readonly release: ReleaseDraft;
}

export interface TargetActivityDependencies {
  readonly gate: TargetGate;
  readonly executions: WorkflowExecutions;
}

export function createTargetActivities({ gate, executions }: TargetActivityDependencies): TargetActivities {
  return {
    acquireTarget: async ({ target, holder }) => {
      const lease = await gate.acquire(target, holder, cancellationSignal());
      const { live } = await gate.view(target);
      return { lease, liveVersion: live?.version ?? null };
    },
    releaseTarget: async ({ target, holder }) => gate.release(target, holder),
    commitRelease: async ({ target, lease, release }) => gate.commit(target, lease, release),
    findLiveRelease: async (target) => (await gate.view(target)).live,
    findRollbackGoal: async ({ target, to }) => gate.rollbackGoal(target, to),
    isHolderOpen: async (holder) => executions.isOpen(holder),
  };
}
