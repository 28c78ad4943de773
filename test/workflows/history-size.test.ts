import { afterAll, beforeAll, expect, test } from 'vitest';

import { createRealShapedWorld } from '../fakes/real-shapes.ts';
import type { RunHandle } from './run-handle.ts';
import { startRun, untilPhase } from './run-handle.ts';
import type { WorkflowLab } from './workflow-lab.ts';
import { openWorkflowLab } from './workflow-lab.ts';

/*
 * The history of a run goes to a worker whole whenever one starts or its cache is full, and is kept for as long as the server keeps
 * closed runs. So nothing in it may grow with the data, the model or the age of a target.
 */

/** A run may have at most 100 KB: the rest is room for retries, repairs and longer addresses. */
const bounds = { events: 280, sizeBytes: 75_000 } as const;

let lab: WorkflowLab;
beforeAll(async () => {
  lab = await openWorkflowLab('dev-server');
});
afterAll(async () => lab.close());

interface HistorySize {
  readonly events: number;
  readonly sizeBytes: number;
}

async function sizeOf(run: RunHandle): Promise<HistorySize> {
  const { historyLength, raw } = await run.describe();
  return { events: historyLength, sizeBytes: Number(raw.workflowExecutionInfo?.historySizeBytes) };
}

async function approvedRun(live: readonly number[]): Promise<HistorySize> {
  const world = createRealShapedWorld({ live });
  Object.assign(world.serving, { ready: live.slice(-1), published: live.slice(-2) });
  return lab.inWorld(world, async () => {
    const run = await startRun(lab);
    const { approval } = await untilPhase(run, 'awaiting-approval');
    const decision = { decision: 'approve', by: 'ada', engineDigest: approval?.engineDigest, comment: 'reads well' };
    await run.executeUpdate('decide', { args: [decision] });
    await run.result();
    return sizeOf(run);
  });
}

test('a run that builds, waits for a person and goes live stays small', async () => {
  const size = await approvedRun([1]);
  process.stdout.write(`history of a full run: ${size.events} events, ${size.sizeBytes} bytes\n`);
  expect(size.events).toBeLessThan(bounds.events);
  expect(size.sizeBytes).toBeLessThan(bounds.sizeBytes);
});

test('a run is no larger on a target with a long log of releases', async () => {
  const releases = Array.from({ length: 200 }, (_, index) => index + 1);
  const { sizeBytes } = await approvedRun(releases);
  process.stdout.write(`history on a target with ${releases.length} releases: ${sizeBytes} bytes\n`);
  expect(sizeBytes).toBeLessThan(bounds.sizeBytes);
});
