import { isSameExecution } from '../contracts/execution.ts';
import { convergeWorkflowId, isConvergeWorkflowId } from '../contracts/names.ts';
import type {
  CommittedRelease,
  Lease,
  LeaseHolder,
  LeaseReturn,
  Release,
  RollbackGoal,
  TargetView,
} from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';
import { keptVersions, previousRelease, releasedVersions, rollbackGoal, targetGoal } from './release-rules.ts';

/** What a target knows; every change is a pure function to the next state. */
export interface TargetState {
  readonly releases: readonly Release[];
  readonly lease: Lease | null;
  /** Fencing tokens only grow, also over continue-as-new. */
  readonly lastToken: number;
  readonly queue: readonly LeaseHolder[];
  readonly frozen: TargetView['frozen'];
  /**
   * What the last holder left behind: nothing (`none`), a target that may be half changed (`unsettled`), or one that could not be
   * brought back (`given-up`): then only the next deployer tries again.
   */
  readonly leftover: 'none' | 'unsettled' | 'given-up';
}

export const emptyTarget: TargetState = {
  releases: [],
  lease: null,
  lastToken: 0,
  queue: [],
  frozen: null,
  leftover: 'none',
};

/** Releases that a target carries along. */
const logLimit = 200;

/** Takes a place in the queue, and the lease if it is free; a holder that is known already changes nothing. */
export function withHolder(state: TargetState, holder: LeaseHolder): TargetState {
  if (isHeldBy(state, holder) || isWaiting(state, holder)) return state;
  return granted({ ...state, queue: [...state.queue, holder] });
}

/** Gives the lease back, or leaves the queue; the next in the queue gets a free lease. */
export function withoutHolder(state: TargetState, { holder, settled }: LeaseReturn): TargetState {
  const queue = state.queue.filter((entry) => !isSameExecution(entry, holder));
  if (!isHeldBy(state, holder)) return granted({ ...state, queue });
  const leftover = settled ? 'none' : isConvergeWorkflowId(holder.workflowId) ? 'given-up' : 'unsettled';
  return granted({ ...state, queue, lease: null, leftover });
}

/** Takes the lease back from a holder that has ended without giving it back: nobody knows how far it came. */
export function withoutLostHolder(state: TargetState): TargetState {
  return granted({ ...state, lease: null, leftover: 'unsettled' });
}

/** The workflow that is to bring the target back, where nobody else is there who would. Null: none is needed. */
export function neededConverger(state: TargetState, { target, model }: Named): string | null {
  if (state.lease !== null || state.queue.length > 0 || state.leftover !== 'unsettled') return null;
  return convergeWorkflowId(target, model, state.lastToken + 1);
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

type Named = Pick<TargetView, 'target' | 'model'>;

export function viewOf(state: TargetState, { target, model }: Named): TargetView {
  const { releases, lease, queue, frozen, leftover } = state;
  return {
    target,
    model,
    live: releases.at(-1) ?? null,
    previous: previousRelease(releases),
    releases,
    lease,
    queue,
    frozen,
    goal: targetGoal(releases),
    unsettled: leftover !== 'none',
  };
}

function granted(state: TargetState): TargetState {
  const [holder, ...queue] = state.queue;
  if (state.lease !== null || holder === undefined) return state;
  const token = state.lastToken + 1;
  return { ...state, queue, lastToken: token, lease: { token, holder, unsettled: state.leftover !== 'none' } };
}
