import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter, Payload, PayloadCodec } from '@temporalio/common';

import type { RunStatus } from '../contracts/run-status.ts';

type PendingActivities = WorkflowExecutionDescription['raw']['pendingActivities'];

/** Activities that tell what a stage does now. */
const tellers: ReadonlySet<string | null | undefined> = new Set(['awaitJob', 'planStage']);

/**
 * What the running stage of a run does now, from a heartbeat: its job's progress (`step 40/120 · loss 3.1 · ETA 0:52`), or which run it
 * waits for.
 */
export async function jobProgressOf(
  pending: PendingActivities,
  { payloadCodecs, payloadConverter }: LoadedDataConverter,
): Promise<string | null> {
  const following = pending?.find(({ activityType }) => tellers.has(activityType?.name));
  const [payload] = await decoded(following?.heartbeatDetails?.payloads ?? [], payloadCodecs);
  return payload === undefined ? null : progressIn(payloadConverter.fromPayload(payload));
}

async function decoded(payloads: Payload[], codecs: readonly PayloadCodec[]): Promise<Payload[]> {
  let plain = payloads;
  for (const codec of codecs) plain = await codec.decode(plain);
  return plain;
}

function progressIn(details: unknown): string | null {
  const hasProgress = typeof details === 'object' && details !== null && 'progress' in details;
  return hasProgress && typeof details.progress === 'string' ? details.progress : null;
}

/** The status with the job's progress as the note of the running stage. */
export function withProgress(status: RunStatus, progress: string | null): RunStatus {
  if (progress === null) return status;
  const stages = status.stages.map((stage) => (stage.state === 'running' ? { ...stage, note: progress } : stage));
  return { ...status, stages };
}
