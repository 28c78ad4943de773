import type { Client } from '@temporalio/client';

import type { RunLookup } from '../ports/run-lookup.ts';
import { isNotFound, withNames } from './temporal-failures.ts';

export function createRunLookup(client: Client): RunLookup {
  return { isOpen: async (workflowId) => withNames(async () => isOpen(client, workflowId)) };
}

async function isOpen(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
