import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';

import type { CommittedRelease, Lease, LeaseHolder, TargetView } from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';
import { isConvergeWorkflowId } from '../contracts/names.ts';
import { control } from './activity-profiles.ts';
import type { convergeTarget } from './converge-target.ts';
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
  neededConverger,
  viewOf,
  withFreeze,
  withHolder,
  withoutHolder,
  withoutLostHolder,
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
 * log, a freeze switch. A target that a deployer left half changed is brought back at once. It lives for ever by continue-as-new.
 */
export async function servingTarget(input: ServingTargetInput): Promise<void> {
  const cell: Cell = { input, state: { ...emptyTarget, ...input.carried } };
  listen(cell);
  change(cell, cell.state);
  while (!isDue()) await tend(cell);
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
  setHandler(releaseUpdate, (returned) => void change(cell, withoutHolder(cell.state, returned)), {
    description: 'Internal: gives the lease back, or the place in the queue.',
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

/**
 * Never waits: a server allows few updates in flight, and those of the lease's holder must always come through. A frozen target may
 * still be brought back to what its log says.
 */
function acquire(cell: Cell, holder: LeaseHolder): Lease | null {
  const { frozen } = cell.state;
  if (frozen !== null && !isHeldBy(cell.state, holder) && !isConvergeWorkflowId(holder.workflowId)) {
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

/** Waits for what is to be done without being asked: a lease to be watched, or a target to be brought back. */
async function tend(cell: Cell): Promise<void> {
  await condition(() => cell.state.lease !== null || neededConverger(cell.state, cell.input) !== null || isDue());
  if (cell.state.lease === null) await startConverger(cell);
  else await guardLease(cell, cell.state.lease);
}

/** It is given the lease at once: nobody else changes a target that may be half changed. */
async function startConverger(cell: Cell): Promise<void> {
  const { target, model } = cell.input;
  const workflowId = neededConverger(cell.state, cell.input);
  if (workflowId === null) return;
  try {
    const converger = await startChild<typeof convergeTarget>('convergeTarget', {
      workflowId,
      args: [{ target, model }],
      parentClosePolicy: 'ABANDON',
      staticSummary: `Brings ${model} on ${target} back to its release log`,
    });
    change(cell, withHolder(cell.state, { workflowId, runId: converger.firstExecutionRunId }));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    change(cell, { ...cell.state, leftover: 'given-up' });
  }
}

/** Takes the lease of a deployer back that has ended without giving it back (terminated, reset). */
async function guardLease(cell: Cell, lease: Lease): Promise<void> {
  const isOver = (): boolean => cell.state.lease !== lease || isDue();
  await condition(() => isOver() || cell.state.queue.length > 0, livenessIntervalMs.idle);
  if (cell.state.queue.length > 0) await condition(isOver, livenessIntervalMs.awaited);
  if (isOver() || (await control.isHolderOpen(lease.holder))) return;
  if (cell.state.lease === lease) change(cell, withoutLostHolder(cell.state));
}
