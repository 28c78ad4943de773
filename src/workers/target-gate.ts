import { status } from '@grpc/grpc-js';
import type { Client } from '@temporalio/client';
import {
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { AdapterError } from '../adapters/errors.ts';
import { isFailureName } from '../contracts/failures.ts';
import { messages, targetWorkflowId, taskQueues, workflowTypes } from '../contracts/names.ts';
import type { Lease, Release, TargetModel, TargetView } from '../contracts/serving.ts';
import type { TargetGate } from '../ports/target-gate.ts';

/** The target's entity workflow as a port: updates that start it on first use. */
export function createTargetGate(client: Client): TargetGate {
  const update = async <Result>(target: TargetModel, name: string, args: [unknown]): Promise<Result> => {
    try {
      return await client.workflow.executeUpdateWithStart<never, Result, [unknown]>(name, {
        args,
        startWorkflowOperation: startTarget(target),
      });
    } catch (error) {
      throw named(error);
    }
  };
  return {
    acquire: async (target, holder) => update<Lease>(target, messages.acquire, [holder]),
    release: async (target, holder) => update(target, messages.release, [holder]),
    commit: async (target, lease, release) => update<Release>(target, messages.commit, [{ lease, release }]),
    view: async (target) => viewTarget(client, target),
    isHolderOpen: async ({ workflowId, runId }) => {
      try {
        const holder = await client.workflow.getHandle(workflowId, runId).describe();
        return holder.status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
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

/** A target nobody has deployed to has no workflow yet: it shows an empty log. */
async function viewTarget(client: Client, { target, model }: TargetModel): Promise<TargetView> {
  try {
    return await client.workflow.getHandle(targetWorkflowId(target, model)).query<TargetView>(messages.view);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { target, model, live: null, previous: null, releases: [], lease: null, queue: [], frozen: null };
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === status.NOT_FOUND);
}

function named(error: unknown): unknown {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && typeof cause.type === 'string' && isFailureName(cause.type)) {
    return new AdapterError(cause.type, cause.message, { system: 'temporal', cause: error });
  }
  return error;
}
