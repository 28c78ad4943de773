import { isSameExecution } from '../contracts/execution.ts';
import type { CommittedRelease, Lease, LeaseHolder, Release, RollbackGoal, TargetView } from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';
import { keptVersions, previousRelease, releasedVersions, rollbackGoal } from './release-rules.ts';

/** What a target knows; every change is a pure function to the next state. */
export interface TargetState {
  readonly releases: readonly Release[];
  readonly lease: Lease | null;
  /** Fencing tokens only grow, also over continue-as-new. */
  readonly lastToken: number;
  readonly queue: readonly LeaseHolder[];
  readonly frozen: TargetView['frozen'];
}

export const emptyTarget: TargetState = { releases: [], lease: null, lastToken: 0, queue: [], frozen: null };

/** Releases that a target carries along. */
const logLimit = 200;

/** Takes a place in the queue, and the lease if it is free; a holder that is known already changes nothing. */
export function withHolder(state: TargetState, holder: LeaseHolder): TargetState {
  if (isHeldBy(state, holder) || isWaiting(state, holder)) return state;
  return granted({ ...state, queue: [...state.queue, holder] });
}

/** Gives the lease back, or leaves the queue; the next in the queue gets a free lease. */
export function withoutHolder(state: TargetState, holder: LeaseHolder): TargetState {
  const queue = state.queue.filter((entry) => !isSameExecution(entry, holder));
  return granted({ ...state, queue, lease: isHeldBy(state, holder) ? null : state.lease });
}

/** Nobody gets the lease until unfrozen: who waits is sent away, who holds it goes on. */
export function withFreeze(state: TargetState, frozen: NonNullable<TargetView['frozen']>): TargetState {
  return { ...state, frozen, queue: [] };
}

export function isHeldBy(state: TargetState, holder: LeaseHolder): boolean {
  return state.lease !== null && isSameExecution(state.lease.holder, holder);
}

function isWaiting(state: TargetState, holder: LeaseHolder): boolean {
  return state.queue.some((entry) => isSameExecution(entry, holder));
}

/** Appends to the log; the same holder's same release, told again, is in the log already. Null: the lease is over. */
export function withRelease(
  state: TargetState,
  { lease, release, at }: { readonly lease: Lease; readonly release: ReleaseDraft; readonly at: string },
): TargetState | null {
  if (state.lease?.token !== lease.token) return null;
  const newest = state.releases.at(-1);
  if (newest?.runId === release.runId && newest.version === release.version) return state;
  const entry: Release = { ...release, sequence: (newest?.sequence ?? 0) + 1, at };
  return { ...state, releases: [...state.releases, entry].slice(-logLimit) };
}

/** The newest release and what follows from the log; null: nothing was ever released. */
export function committedOf({ releases }: TargetState): CommittedRelease | null {
  const release = releases.at(-1);
  if (release === undefined) return null;
  const previousVersion = previousRelease(releases)?.version ?? null;
  return { release, previousVersion, keep: keptVersions(releases, release.keepVersions) };
}

export function goalOf({ releases }: TargetState, to?: number): RollbackGoal {
  return { release: rollbackGoal(releases, to), releasedVersions: releasedVersions(releases) };
}

export function viewOf(state: TargetState, { target, model }: Pick<TargetView, 'target' | 'model'>): TargetView {
  const { releases, lease, queue, frozen } = state;
  return {
    target,
    model,
    live: releases.at(-1) ?? null,
    previous: previousRelease(releases),
    releases,
    lease,
    queue,
    frozen,
  };
}

function granted(state: TargetState): TargetState {
  const [holder, ...queue] = state.queue;
  if (state.lease !== null || holder === undefined) return state;
  const token = state.lastToken + 1;
  return { ...state, queue, lastToken: token, lease: { token, holder } };
}
