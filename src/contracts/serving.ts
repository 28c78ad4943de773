import type { ArtifactRef } from './artifact.ts';
import type { Execution } from './execution.ts';
import type { Failure } from './failures.ts';
import type { ServingOptions, SmokeTestSpec } from './run-spec.ts';

/** A deployer's right to change a target; the token grows with every lease, so that a late holder is refused. */
export interface Lease {
  readonly token: number;
  readonly holder: LeaseHolder;
}

export type LeaseHolder = Execution;

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

/** `servingTarget` as its query shows it. */
export interface TargetView {
  readonly target: string;
  readonly model: string;
  readonly live: Release | null;
  readonly previous: Release | null;
  readonly releases: readonly Release[];
  readonly lease: Lease | null;
  readonly queue: readonly LeaseHolder[];
  readonly frozen: { readonly by: string; readonly reason: string } | null;
}

/** What a deployer gets with its lease. */
export interface HeldTarget {
  readonly lease: Lease;
  readonly liveVersion: number | null;
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
