import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';

import { inParallel } from '../../src/contracts/in-parallel.ts';
import { messages, taskQueues, workflowTypes } from '../../src/contracts/names.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { BenchStack } from './bench-stack.ts';

const callsAtOnce = 50;
const pollMs = 250;
const stallMs = 180_000;

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

/** Waits until that many runs show a state, as the Temporal UI counts them. @throws when none more has reached it for long */
export async function untilCount(client: Client, state: string, count: number): Promise<void> {
  let best = 0;
  let movedMs = Date.now();
  for (;;) {
    const found = await countRuns(client, state);
    if (found >= count) return;
    if (found > best) movedMs = Date.now();
    best = Math.max(best, found);
    if (Date.now() - movedMs > stallMs) throw new Error(`${best} of ${count} runs came to ${state}, then no more`);
    await delay(pollMs);
  }
}

/** A server that is busy to its limit may refuse to count: then none is known of. */
async function countRuns(client: Client, state: string): Promise<number> {
  const query = `WorkflowType = "${workflowTypes.llmPipeline}" AND ${state}`;
  return client.workflow.count(query).then(
    ({ count }) => count,
    () => 0,
  );
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
