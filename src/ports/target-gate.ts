import type {
  CommittedRelease,
  Lease,
  LeaseHolder,
  LeaseReturn,
  Release,
  RollbackGoal,
  TargetModel,
  TargetView,
} from '../contracts/serving.ts';

/** The `servingTarget` entity workflow of a target and model, which is started on first use. All calls are idempotent per holder. */
export interface TargetGate {
  /** Waits in the target's queue until granted, or until the signal: the place in the queue is kept then. @throws AdapterError `TargetFrozen` */
  acquire(target: TargetModel, holder: LeaseHolder, signal?: AbortSignal): Promise<Lease>;
  /** Gives the lease back, or leaves the queue; not holding and not waiting is fine. */
  release(target: TargetModel, returned: LeaseReturn): Promise<void>;
  /** Appends to the release log. @throws AdapterError `StaleFence` when the lease is no longer the current one. */
  commit(target: TargetModel, lease: Lease, release: ReleaseDraft): Promise<CommittedRelease>;
  /** With the whole release log. */
  view(target: TargetModel): Promise<TargetView>;
  /** The release to go back to: the newest of version `to`, or what was live before. */
  rollbackGoal(target: TargetModel, to?: number): Promise<RollbackGoal>;
}

/** A release before the target numbers and dates it. */
export type ReleaseDraft = Omit<Release, 'sequence' | 'at'>;
