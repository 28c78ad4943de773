import type { Client } from '@temporalio/client';

import type { Execution } from '../contracts/execution.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import { isNotFound, withNames } from './temporal-failures.ts';

export function createWorkflowExecutions(client: Client): WorkflowExecutions {
  return { isOpen: async (execution) => withNames(async () => isOpen(client, execution)) };
}

async function isOpen(client: Client, { workflowId, runId }: Execution): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
