import type { Client } from '@temporalio/client';

import type { RunMemo } from '../contracts/fork.ts';
import { workflowTypes } from '../contracts/names.ts';
import type { RunArchive } from '../ports/run-archive.ts';
import { isNotFound, withNames } from './temporal-failures.ts';

/** The memo of a run's workflow; the newest execution of that id. */
export function createRunArchive(client: Client): RunArchive {
  return { find: async (runId) => withNames(async () => findRun(client, runId)) };
}

async function findRun(client: Client, runId: string): Promise<RunMemo | 'unknown' | 'unresolved'> {
  try {
    const { type, memo } = await client.workflow.getHandle(runId).describe();
    if (type !== workflowTypes.llmPipeline) return 'unknown';
    return isRunMemo(memo) ? memo : 'unresolved';
  } catch (error) {
    if (isNotFound(error)) return 'unknown';
    throw error;
  }
}

function isRunMemo(memo: unknown): memo is RunMemo {
  return typeof memo === 'object' && memo !== null && 'spec' in memo && 'specDigest' in memo && 'jobsDigests' in memo;
}
