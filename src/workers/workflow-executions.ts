import type { Client } from '@temporalio/client';

import type { ExecutionOfWorkflow, KnownExecution, WorkflowExecutions } from '../ports/workflow-executions.ts';
import { isNotFound, namedFailure, withNames } from './temporal-failures.ts';

export function createWorkflowExecutions(client: Client): WorkflowExecutions {
  return {
    isOpen: async (execution) => withNames(async () => isOpen(client, execution)),
    list: () => listAll(client),
  };
}

async function isOpen(client: Client, { workflowId, runId }: ExecutionOfWorkflow): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function* listAll(client: Client): AsyncGenerator<KnownExecution> {
  try {
    for await (const { workflowId, runId, type, status } of client.workflow.list()) {
      yield { workflowId, runId, type, isOpen: status.name === 'RUNNING' };
    }
  } catch (error) {
    throw namedFailure(error);
  }
}
