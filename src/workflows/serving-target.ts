import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import type { Lease, LeaseHolder, Release, TargetView } from '../contracts/serving.ts';
import type { ReleaseDraft } from '../ports/target-gate.ts';
import { control } from './activity-profiles.ts';
import { failWith } from './failure-of.ts';
import { acquireUpdate, commitUpdate, freezeUpdate, releaseUpdate, unfreezeUpdate, viewQuery } from './messages.ts';
import { previousRelease } from './release-rules.ts';
import { renderTargetDetails } from './target-details.ts';

/** What a target carries from one run of its entity workflow to the next. */
export interface ServingTargetInput {
  readonly target: string;
  readonly model: string;
  readonly carried?: CarriedState;
}

interface CarriedState {
  readonly releases: readonly Release[];
  readonly lease: Lease | null;
  readonly lastToken: number;
  readonly frozen: TargetView['frozen'];
}

/** Releases kept in the log that a target carries along. */
const logLimit = 200;
const livenessIntervalMs = 30_000;

/**
 * The owner of what is live on a target: one deployer at a time (lease with a fencing token that only grows), a queue, the release
 * log, a freeze switch. It lives for ever by continue-as-new.
 */
export async function servingTarget(input: ServingTargetInput): Promise<void> {
  const state = createTargetState(input);
  setHandler(viewQuery, () => state.view(), { description: 'What is live, what was, who holds the lease, who waits.' });
  setHandler(acquireUpdate, async (holder) => state.acquire(holder), {
    description: 'Internal: waits for the lease of this target.',
  });
  setHandler(releaseUpdate, (holder) => state.release(holder), { description: 'Internal: gives the lease back.' });
  setHandler(commitUpdate, ({ lease, release }) => state.commit(lease, release), {
    description: 'Internal: appends to the release log; refused with an old fencing token.',
  });
  setHandler(freezeUpdate, (freeze) => state.freeze(freeze), {
    description: 'No deployments until unfrozen; rollbacks too. Example: {"by":"ada","reason":"quarter end"}',
  });
  setHandler(unfreezeUpdate, () => state.freeze(null), { description: 'Deployments again. Example: {"by":"ada"}' });
  await state.guardUntilLong();
  await continueAsNew<typeof servingTarget>({ target: input.target, model: input.model, carried: state.carry() });
}

interface TargetState {
  view(): TargetView;
  acquire(holder: LeaseHolder): Promise<Lease>;
  release(holder: LeaseHolder): void;
  commit(lease: Lease, draft: ReleaseDraft): Release;
  freeze(freeze: TargetView['frozen']): TargetView;
  carry(): CarriedState;
  /** Takes leases of ended holders back, until the history is long enough for a new run and nobody is in the middle of a call. */
  guardUntilLong(): Promise<void>;
}

function createTargetState({ target, model, carried }: ServingTargetInput): TargetState {
  const releases = [...(carried?.releases ?? [])];
  const queue: LeaseHolder[] = [];
  let lease: Lease | null = carried?.lease ?? null;
  let lastToken = carried?.lastToken ?? 0;
  let frozen: TargetView['frozen'] = carried?.frozen ?? null;

  const view = (): TargetView => ({
    target,
    model,
    live: releases.at(-1) ?? null,
    previous: previousRelease(releases),
    releases,
    lease,
    queue,
    frozen,
  });
  const show = (): TargetView => {
    setCurrentDetails(renderTargetDetails(view()));
    return view();
  };
  const grantNext = (): void => {
    if (lease !== null) return;
    const holder = queue.shift();
    if (holder !== undefined) lease = { token: ++lastToken, holder };
    show();
  };
  const release = (holder: LeaseHolder): void => {
    const waiting = queue.findIndex((entry) => isSame(entry, holder));
    if (waiting >= 0) queue.splice(waiting, 1);
    if (lease !== null && isSame(lease.holder, holder)) lease = null;
    grantNext();
  };
  show();

  return {
    view,
    release,
    acquire: async (holder) => {
      if (frozen !== null) throw failWith({ name: 'TargetFrozen', message: `${target} is frozen by ${frozen.by}: ${frozen.reason}` });
      const isKnown = queue.some((entry) => isSame(entry, holder)) || (lease !== null && isSame(lease.holder, holder));
      if (!isKnown) queue.push(holder);
      grantNext();
      await condition(() => isHeldBy(lease, holder) || !queue.some((entry) => isSame(entry, holder)));
      if (lease !== null && isSame(lease.holder, holder)) return lease;
      throw failWith({ name: 'StaleFence', message: `${holder.workflowId} left the queue of ${target}` });
    },
    commit: (held, draft) => {
      if (lease?.token !== held.token) {
        throw failWith({ name: 'StaleFence', message: `the lease ${held.token} of ${target} is over; nothing was committed` });
      }
      const committed = releases.findLast((entry) => entry.runId === draft.runId && entry.version === draft.version);
      if (committed !== undefined && committed === releases.at(-1)) return committed;
      const sequence = (releases.at(-1)?.sequence ?? 0) + 1;
      const entry: Release = { ...draft, sequence, at: new Date().toISOString() };
      releases.push(entry);
      if (releases.length > logLimit) releases.shift();
      show();
      return entry;
    },
    freeze: (freeze) => {
      frozen = freeze;
      return show();
    },
    carry: () => ({ releases, lease, lastToken, frozen }),
    guardUntilLong: async () => {
      const isLong = (): boolean => workflowInfo().continueAsNewSuggested && queue.length === 0 && allHandlersFinished();
      while (!isLong()) {
        await condition(() => lease !== null || isLong());
        const held = lease;
        if (held === null) continue;
        const isFreed = await condition(() => lease !== held, livenessIntervalMs);
        if (!isFreed && !(await control.isHolderOpen(held.holder))) release(held.holder);
      }
    },
  };
}

function isSame(a: LeaseHolder, b: LeaseHolder): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}

function isHeldBy(lease: Lease | null, holder: LeaseHolder): boolean {
  return lease !== null && isSame(lease.holder, holder);
}
