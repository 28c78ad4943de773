import { randomUUID } from 'node:crypto';

import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { taskQueues } from '../../src/contracts/names.ts';
import type { ForkInput } from '../../src/contracts/fork.ts';
import type { RunInput } from '../../src/contracts/run-spec.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { llmPipeline } from '../../src/workflows/llm-pipeline.ts';
import type { WorkflowLab } from './workflow-lab.ts';

export type RunHandle = WorkflowHandle<typeof llmPipeline>;

interface AnyHandle {
  result(): Promise<unknown>;
}

export interface RunOrder {
  readonly workflowId?: string;
  readonly input?: RunInput | ForkInput;
}

export async function startRun(lab: WorkflowLab, order: RunOrder = {}): Promise<RunHandle> {
  const { workflowId = `glossary-${randomUUID()}`, input = { model: 'glossary' } } = order;
  return lab.environment.client.workflow.start<typeof llmPipeline>('llmPipeline', {
    workflowId,
    taskQueue: taskQueues.pipeline,
    args: [input],
  });
}

/** The name of the failure that a workflow ends with; `none` when it ends well. */
export async function failureNameOf(handle: AnyHandle): Promise<string> {
  return (await failureOf(handle)).name;
}

/** How a workflow ends: the failure's name and message. */
export async function failureOf(handle: AnyHandle): Promise<{ readonly name: string; readonly message: string }> {
  try {
    await handle.result();
    return { name: 'none', message: '' };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const name = cause instanceof ApplicationFailure ? cause.type : cause?.name;
    return { name: String(name), message: cause?.message ?? '' };
  }
}

/** Why an Update was refused. */
export async function refusalOf(update: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await update);
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return error.cause?.message ?? '';
  }
}

export async function statusOf(handle: RunHandle): Promise<RunStatus> {
  return handle.query<RunStatus>('status');
}

export async function untilPhase(handle: RunHandle, phase: RunStatus['phase']): Promise<RunStatus> {
  for (;;) {
    const status = await statusOf(handle);
    if (status.phase === phase) return status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
