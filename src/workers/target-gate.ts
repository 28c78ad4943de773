import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';

import { AdapterError } from '../adapters/errors.ts';
import { isSameExecution } from '../contracts/execution.ts';
import { messages, targetWorkflowId, taskQueues, workflowTypes } from '../contracts/names.ts';
import type {
  CommittedRelease,
  Lease,
  LeaseHolder,
  RollbackGoal,
  TargetModel,
  TargetView,
} from '../contracts/serving.ts';
import type { TargetGate } from '../ports/target-gate.ts';
import { isNotFound, withNames } from './temporal-failures.ts';

const queueLookMs = 500;

/** The target's entity workflow as a port: updates that start it on first use. */
export function createTargetGate(client: Client): TargetGate {
  const update = async <Result>(target: TargetModel, name: string, args: [unknown]): Promise<Result> =>
    withNames(async () =>
      client.workflow.executeUpdateWithStart<never, Result, [unknown]>(name, {
        args,
        startWorkflowOperation: startTarget(target),
      }),
    );
  const view = async (target: TargetModel): Promise<TargetView> => withNames(async () => viewTarget(client, target));
  return {
    acquire: async (target, holder, signal) => {
      const lease = await update<Lease | null>(target, messages.acquire, [holder]);
      return lease ?? awaitLease({ view: async () => view(target), holder, signal });
    },
    release: async (target, returned) => update(target, messages.release, [returned]),
    commit: async (target, lease, release) => update<CommittedRelease>(target, messages.commit, [{ lease, release }]),
    view,
    rollbackGoal: async (target, to) => withNames(async () => rollbackGoalOf(client, target, to)),
  };
}

interface Waiting {
  readonly view: () => Promise<TargetView>;
  readonly holder: LeaseHolder;
  readonly signal: AbortSignal | undefined;
}

/** Looks, without a trace in the target's history, until the lease is there; a place in the queue that is lost ends it. */
async function awaitLease({ view, holder, signal }: Waiting): Promise<Lease> {
  for (;;) {
    signal?.throwIfAborted();
    const { target, lease, queue, frozen } = await view();
    if (lease !== null && isSameExecution(lease.holder, holder)) return lease;
    if (!queue.some((waiting) => isSameExecution(waiting, holder))) throw sentAway(target, holder, frozen);
    await delay(queueLookMs);
  }
}

function sentAway(target: string, { workflowId }: LeaseHolder, frozen: TargetView['frozen']): AdapterError {
  if (frozen === null) {
    return new AdapterError('StaleFence', `${workflowId} left the queue of ${target}`, { system: 'temporal' });
  }
  const message = `${target} was frozen by ${frozen.by} while ${workflowId} waited for it: ${frozen.reason}`;
  return new AdapterError('TargetFrozen', message, { system: 'temporal' });
}

function startTarget({ target, model }: TargetModel): WithStartWorkflowOperation<never> {
  return new WithStartWorkflowOperation<never>(workflowTypes.servingTarget, {
    workflowId: targetWorkflowId(target, model),
    taskQueue: taskQueues.pipeline,
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `What is live of ${model} on ${target}`,
    args: [{ target, model }] as never,
  });
}

const emptyView = {
  live: null,
  previous: null,
  releases: [],
  lease: null,
  queue: [],
  frozen: null,
  goal: { resident: [], kept: [] },
  unsettled: false,
} as const;

/** A target nobody has deployed to has no workflow yet: it shows an empty log. */
async function viewTarget(client: Client, { target, model }: TargetModel): Promise<TargetView> {
  try {
    return await client.workflow.getHandle(targetWorkflowId(target, model)).query<TargetView>(messages.view);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { ...emptyView, target, model };
  }
}

async function rollbackGoalOf(client: Client, { target, model }: TargetModel, to?: number): Promise<RollbackGoal> {
  try {
    const handle = client.workflow.getHandle(targetWorkflowId(target, model));
    return await handle.query<RollbackGoal, [number | undefined]>(messages.goal, to);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { release: null, releasedVersions: [] };
  }
}
