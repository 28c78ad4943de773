import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import type { CommittedRelease, Lease, LeaseHolder, TargetView } from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';
import { control } from './activity-profiles.ts';
import { failWith } from './failure-of.ts';
import {
  acquireUpdate,
  commitUpdate,
  freezeUpdate,
  goalQuery,
  releaseUpdate,
  unfreezeUpdate,
  viewQuery,
} from './messages.ts';
import { renderTargetDetails } from './target-details.ts';
import type { TargetState } from './target-state.ts';
import {
  committedOf,
  emptyTarget,
  goalOf,
  isHeldBy,
  viewOf,
  withFreeze,
  withHolder,
  withoutHolder,
  withRelease,
} from './target-state.ts';

export interface ServingTargetInput {
  readonly target: string;
  readonly model: string;
  /** From the run before, by continue-as-new. */
  readonly carried?: TargetState;
}

/** How long a holder goes unquestioned: while nobody waits for it, and while somebody does. */
const livenessIntervalMs = { idle: 30_000, awaited: 5_000 } as const;

/** The state of one target, and what follows from every change of it. */
interface Cell {
  readonly input: ServingTargetInput;
  state: TargetState;
}

/**
 * The owner of what is live on a target: one deployer at a time (lease with a fencing token that only grows), a queue, the release
 * log, a freeze switch. It lives for ever by continue-as-new.
 */
export async function servingTarget(input: ServingTargetInput): Promise<void> {
  const cell: Cell = { input, state: input.carried ?? emptyTarget };
  listen(cell);
  change(cell, cell.state);
  while (!isDue()) await guardLease(cell);
  const { target, model } = input;
  await continueAsNew<typeof servingTarget>({ target, model, carried: cell.state });
}

function listen(cell: Cell): void {
  setHandler(viewQuery, () => viewOf(cell.state, cell.input), {
    description: 'What is live, what was, who holds the lease, who waits.',
  });
  setHandler(goalQuery, (to) => goalOf(cell.state, to), {
    description: 'Internal: the release that a rollback goes to.',
  });
  setHandler(acquireUpdate, (holder) => acquire(cell, holder), {
    description: 'Internal: the lease of this target, or a place in its queue.',
  });
  setHandler(releaseUpdate, (holder) => void change(cell, withoutHolder(cell.state, holder)), {
    description: 'Internal: gives the lease back.',
  });
  setHandler(commitUpdate, (committed) => commit(cell, committed), {
    description: 'Internal: appends to the release log; refused with an old fencing token.',
  });
  setHandler(freezeUpdate, (frozen) => change(cell, withFreeze(cell.state, frozen)), {
    description: 'No deployment and no rollback until unfrozen. Example: {"by":"ada","reason":"quarter end"}',
  });
  setHandler(unfreezeUpdate, () => change(cell, { ...cell.state, frozen: null }), {
    description: 'Deployments again. Example: {"by":"ada"}',
  });
}

function change(cell: Cell, state: TargetState): TargetView {
  cell.state = state;
  const view = viewOf(state, cell.input);
  setCurrentDetails(renderTargetDetails(view));
  return view;
}

/** Never waits: a server allows few updates in flight, and those of the lease's holder must always come through. */
function acquire(cell: Cell, holder: LeaseHolder): Lease | null {
  const { frozen } = cell.state;
  if (frozen !== null && !isHeldBy(cell.state, holder)) {
    const message = `${cell.input.target} is frozen by ${frozen.by}: ${frozen.reason}`;
    throw failWith({ name: 'TargetFrozen', message });
  }
  change(cell, withHolder(cell.state, holder));
  return isHeldBy(cell.state, holder) ? cell.state.lease : null;
}

function commit(cell: Cell, { lease, release }: CommitCall): CommittedRelease {
  const next = withRelease(cell.state, { lease, release, at: new Date().toISOString() });
  const committed = next === null ? null : committedOf(next);
  if (next === null || committed === null) {
    const message = `lease ${lease.token} of ${cell.input.target} is over; nothing was committed`;
    throw failWith({ name: 'StaleFence', message });
  }
  change(cell, next);
  return committed;
}

interface CommitCall {
  readonly lease: Lease;
  readonly release: ReleaseDraft;
}

/** The history is long and nobody is in the middle of a call; lease and queue are carried over. */
function isDue(): boolean {
  return workflowInfo().continueAsNewSuggested && allHandlersFinished();
}

/** Takes the lease of a deployer back that has ended without giving it back (terminated, reset). */
async function guardLease(cell: Cell): Promise<void> {
  await condition(() => cell.state.lease !== null || isDue());
  const { lease } = cell.state;
  if (lease === null) return;
  const isOver = (): boolean => cell.state.lease !== lease || isDue();
  await condition(() => isOver() || cell.state.queue.length > 0, livenessIntervalMs.idle);
  if (cell.state.queue.length > 0) await condition(isOver, livenessIntervalMs.awaited);
  if (isOver() || (await control.isHolderOpen(lease.holder))) return;
  change(cell, withoutHolder(cell.state, lease.holder));
}
