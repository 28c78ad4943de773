import type { ArtifactRef } from './artifact.ts';
import type { Execution } from './execution.ts';
import type { Failure, FailureName } from './failures.ts';
import type { ServingOptions, SmokeTestSpec } from './run-spec.ts';

/** A deployer's right to change a target; the token grows with every lease, so that a late holder is refused. */
export interface Lease {
  readonly token: number;
  readonly holder: LeaseHolder;
  /** The holder before did not say that all it had begun is in place or undone: this one sees to it first, aliases included. */
  readonly unsettled: boolean;
}

export type LeaseHolder = Execution;

/** What a holder gives back: the lease, or its place in the queue. */
export interface LeaseReturn {
  readonly holder: LeaseHolder;
  /** Replicas, files and aliases are as the release log says. */
  readonly settled: boolean;
}

/** How a deployment or rollback ended, in words that figures are kept under. */
export interface DeploymentEnd {
  readonly kind: Release['kind'];
  /** A failure: all was undone, but for `RollbackFailed`. */
  readonly outcome: 'released' | 'cancelled' | FailureName;
}

/** A model version that is or was live on a target. */
export interface Release {
  /** 1, 2, … in the order of the target's log. */
  readonly sequence: number;
  readonly version: number;
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  /** Asked without a version after a switch: what users' requests look like. */
  readonly probePrompt: string;
  /** Releases before it whose files stay published. */
  readonly keepVersions: number;
  readonly kind: 'deploy' | 'rollback';
  readonly runId: string;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** What is resident after it, oldest first; the live version is the highest. */
  readonly resident: readonly number[];
}

/** Why a target takes no deployment and no rollback. */
export interface Freeze {
  readonly by: string;
  readonly reason: string;
}

/** `servingTarget` as its query shows it. */
export interface TargetView {
  readonly target: string;
  readonly model: string;
  readonly live: Release | null;
  readonly previous: Release | null;
  readonly releases: readonly Release[];
  readonly lease: Lease | null;
  readonly queue: readonly LeaseHolder[];
  readonly frozen: Freeze | null;
  readonly goal: TargetGoal;
  /** A deployer left the target half changed, and nobody has brought it back yet. */
  readonly unsettled: boolean;
}

/** What the release log says every replica is to be; small, however long the log. */
export interface TargetGoal {
  /** Versions that are to be ready, ascending; empty: nothing is live. */
  readonly resident: readonly number[];
  /** Versions whose files stay published, the resident ones included. */
  readonly kept: readonly number[];
}

/** What a deployer gets with its lease. */
export interface HeldTarget {
  readonly lease: Lease;
  readonly liveVersion: number | null;
  readonly goal: TargetGoal;
}

/** A release as the target's log has it now, and what follows from the whole log. */
export interface CommittedRelease {
  readonly release: Release;
  readonly previousVersion: number | null;
  /** Versions whose files stay published. */
  readonly keep: readonly number[];
}

/** What a target can be taken back to: null, and what was ever released there. */
export interface RollbackGoal {
  readonly release: Release | null;
  readonly releasedVersions: readonly number[];
}

/** Names one model on one target; what every serving activity is about. */
export interface TargetModel {
  readonly target: string;
  readonly model: string;
}

/** One replica of a target as it is; versions ascending. */
export interface ReplicaSnapshot {
  readonly replica: string;
  readonly readyVersions: readonly number[];
  /** Versions that a restarted server comes back to. */
  readonly desiredVersions: readonly number[];
  readonly publishedVersions: readonly number[];
  /** Versions of which something interrupted has left files outside the repository. */
  readonly stagedVersions: readonly number[];
  /** Something is, or was to be, loaded under the candidate name. */
  readonly hasCandidate: boolean;
}

/** A target as a deployer found it: the goal of every undo. */
export interface PriorState {
  /** Versions that were ready on every replica, ascending; empty: the model was not loaded. */
  readonly readyVersions: readonly number[];
  /** Versions whose files were there on any replica, ascending. */
  readonly publishedVersions: readonly number[];
}

export interface VersionToServe extends TargetModel {
  readonly version: number;
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  readonly fence: number;
}

export interface VersionsToShow extends TargetModel {
  /** Versions to be ready, ascending; unversioned requests go to the highest. Empty: unload the model. */
  readonly versions: readonly number[];
  readonly fence: number;
}

export interface SmokeTestRequest extends TargetModel {
  readonly version: number;
  readonly spec: SmokeTestSpec;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface SmokeReport {
  readonly version: number;
  readonly requests: number;
  readonly failedRequests: number;
  readonly errorRate: number;
  readonly timeToFirstTokenMs: Percentiles;
  readonly interTokenMs: Percentiles;
  readonly totalMs: Percentiles;
  readonly answerPerplexity: number | null;
  readonly sample: { readonly prompt: string; readonly answer: string } | null;
  /** Which figure missed which bound, in words; empty: passed. */
  readonly violations: readonly string[];
}

/** How a deployment ended. */
export type DeployOutcome =
  | {
      readonly kind: 'released';
      readonly release: Release;
      readonly smoke: SmokeReport | null;
      readonly switchMs: number;
    }
  | {
      readonly kind: 'rolled-back';
      readonly failure: Failure;
      readonly smoke: SmokeReport | null;
      readonly liveVersion: number | null;
    };
