import type { Lease, LeaseHolder, Release, TargetModel, TargetView } from '../contracts/serving.ts';
import type { ReleaseDraft, TargetGate } from '../ports/target-gate.ts';
import { withHeartbeat } from './with-heartbeat.ts';

/** Lease, log and state of a target, for workflows (which cannot send updates themselves). Idempotent per holder. */
export interface TargetActivities {
  /** Waits in the target's queue as long as it takes; heartbeats meanwhile. @throws `TargetFrozen` */
  acquireTarget(request: { readonly target: TargetModel; readonly holder: LeaseHolder }): Promise<Lease>;
  /** Gives the lease back, or leaves the queue. */
  releaseTarget(request: { readonly target: TargetModel; readonly holder: LeaseHolder }): Promise<void>;
  /** @throws `StaleFence` */
  commitRelease(request: CommitRelease): Promise<Release>;
  viewTarget(target: TargetModel): Promise<TargetView>;
  /** Whether the workflow that holds a lease still runs. */
  isHolderOpen(holder: LeaseHolder): Promise<boolean>;
}

export interface CommitRelease {
  readonly target: TargetModel;
  readonly lease: Lease;
  readonly release: ReleaseDraft;
}

export function createTargetActivities(gate: TargetGate): TargetActivities {
  return {
    acquireTarget: async ({ target, holder }) => withHeartbeat(async () => gate.acquire(target, holder)),
    releaseTarget: async ({ target, holder }) => gate.release(target, holder),
    commitRelease: async ({ target, lease, release }) => gate.commit(target, lease, release),
    viewTarget: async (target) => gate.view(target),
    isHolderOpen: async (holder) => gate.isHolderOpen(holder),
  };
}
