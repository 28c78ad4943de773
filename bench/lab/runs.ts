import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';

import { inParallel } from '../../src/adapters/in-parallel.ts';
import { messages, taskQueues, workflowTypes } from '../../src/contracts/names.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { BenchStack } from './bench-stack.ts';

const callsAtOnce = 50;
const pollMs = 250;

/** Starts that many runs, as fast as the server takes them; their ids. */
export async function startRuns(stack: BenchStack, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `run-${index + 1}`);
  await inParallel(names, callsAtOnce, async (name) => {
    await stack.client.workflow.start(workflowTypes.llmPipeline, {
      workflowId: name,
      taskQueue: taskQueues.pipeline,
      args: [stack.inputOf(name)],
    });
  });
  return names;
}

/** Waits until that many runs show a state, as the Temporal UI counts them. */
export async function untilCount(client: Client, state: string, count: number): Promise<void> {
  const query = `WorkflowType = "${workflowTypes.llmPipeline}" AND ${state}`;
  for (;;) {
    const found = await client.workflow.count(query);
    if (found.count >= count) return;
    const failed = await client.workflow.count(
      `WorkflowType = "${workflowTypes.llmPipeline}" AND WindlassStage = "failed"`,
    );
    if (failed.count > 0) throw new Error(`${failed.count} runs failed; ${found.count} of ${count}: ${state}`);
    await delay(pollMs);
  }
}

/** What a decision about each run must name. */
export async function digestsOf(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  await inParallel(ids, callsAtOnce, async (id) => {
    const { approval } = await client.workflow.getHandle(id).query<RunStatus>(messages.status);
    digests.set(id, approval?.engineDigest ?? '');
  });
  return digests;
}

/** As a service approves: by Signal. */
export async function approveAll(client: Client, digests: ReadonlyMap<string, string>): Promise<void> {
  await inParallel([...digests], callsAtOnce, async ([id, engineDigest]) =>
    client.workflow.getHandle(id).signal(messages.approve, { by: 'bench', engineDigest }),
  );
}
