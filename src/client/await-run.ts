import type { Connection, WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';

import { messages, searchAttributes } from '../contracts/names.ts';
import type { RunPhase, RunResult, RunStatus } from '../contracts/run-status.ts';
import type { llmPipeline } from '../workflows/llm-pipeline.ts';
import { pause } from './outage.ts';
import { parkedAdvice } from './parked-run.ts';
import { WindlassError } from './windlass-error.ts';

type RunHandle = WorkflowHandle<typeof llmPipeline>;

const lookIntervalMs = 1_000;
const phaseKey = defineSearchAttributeKey(searchAttributes.phase, 'KEYWORD');

/** The result of a run. @throws WindlassError `RunParked` as soon as the run waits for a repair, which it goes on doing */
export async function awaitRun(connection: Connection, run: RunHandle): Promise<RunResult> {
  const ending = new AbortController();
  try {
    return await connection.withAbortSignal(ending.signal, async () =>
      Promise.race([run.result(), untilParked(run, ending.signal)]),
    );
  } finally {
    ending.abort();
  }
}

/** Asks the server for the phase, not the workflow: a thousand who wait cost its workers nothing. */
async function untilParked(run: RunHandle, signal: AbortSignal): Promise<never> {
  for (;;) {
    signal.throwIfAborted();
    const { typedSearchAttributes } = await run.describe();
    if (typedSearchAttributes.get(phaseKey) === ('needs-attention' satisfies RunPhase)) await throwIfParked(run);
    await pause(lookIntervalMs);
  }
}

async function throwIfParked(run: RunHandle): Promise<void> {
  const { runId, attention } = await run.query<RunStatus>(messages.status);
  if (attention === null) return;
  const { stage, failure } = attention;
  const message = `run ${runId} needs attention: ${stage} failed with ${failure.name}: ${failure.message}`;
  throw new WindlassError('RunParked', message, { advice: parkedAdvice(runId, attention) });
}
