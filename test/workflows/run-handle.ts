import { randomUUID } from 'node:crypto';

import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { taskQueues } from '../../src/contracts/names.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { llmPipeline } from '../../src/workflows/llm-pipeline.ts';
import type { WorkflowLab } from './workflow-lab.ts';

export type RunHandle = WorkflowHandle<typeof llmPipeline>;
export async function startRun(lab: WorkflowLab): Promise<RunHandle> {
  return lab.environment.client.workflow.start<typeof llmPipeline>('llmPipeline', {
    workflowId: `glossary-${randomUUID()}`,
    taskQueue: taskQueues.pipeline,
    args: [{ model: 'glossary' }],
  });
}

/** The name of the failure that the run ends with; `none` when it ends well. */
export async function failureNameOf(handle: RunHandle): Promise<string> {
  try {
    await handle.result();
    return 'none';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause instanceof ApplicationFailure ? String(error.cause.type) : String(error.cause?.name);
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
