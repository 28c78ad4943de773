import type { ArtifactRef, Digest } from '../contracts/artifact.ts';
import type { Lease, LeaseHolder, Release, TargetModel, TargetView } from '../contracts/serving.ts';

/** The `servingTarget` entity workflow of a target and model, which is started on first use. All calls are idempotent per holder. */
export interface TargetGate {
  /** Waits in the target's queue until granted. @throws AdapterError `TargetFrozen` */
  acquire(target: TargetModel, holder: LeaseHolder): Promise<Lease>;
  release(target: TargetModel, lease: Lease): Promise<void>;
  /** Appends to the release log. @throws AdapterError `StaleFence` when the lease is no longer the current one. */
  commit(target: TargetModel, lease: Lease, release: ReleaseDraft): Promise<Release>;
  view(target: TargetModel): Promise<TargetView>;
}

/** A release before the target numbers and dates it. */
export interface ReleaseDraft {
  readonly version: number;
  readonly engine: ArtifactRef;
  readonly servingDigest: Digest;
  readonly kind: Release['kind'];
  readonly runId: string;
  readonly by: string;
  readonly resident: readonly number[];
}
