import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import type { RunStatus } from '../contracts/run-status.ts';

type PendingActivities = WorkflowExecutionDescription['raw']['pendingActivities'];

/** What the job of a run does now (`step 40/120 · loss 3.1 · ETA 0:52`), from the heartbeat of the activity that follows it. */
export function jobProgressOf(pending: PendingActivities): string | null {
  const following = pending?.find(({ activityType }) => activityType?.name === 'awaitJob');
  const [payload] = following?.heartbeatDetails?.payloads ?? [];
  if (payload === undefined) return null;
  const details: unknown = defaultPayloadConverter.fromPayload(payload);
  const hasProgress = typeof details === 'object' && details !== null && 'progress' in details;
  return hasProgress && typeof details.progress === 'string' ? details.progress : null;
}

/** The status with the job's progress as the note of the running stage. */
export function withProgress(status: RunStatus, progress: string | null): RunStatus {
  if (progress === null) return status;
  const stages = status.stages.map((stage) => (stage.state === 'running' ? { ...stage, note: progress } : stage));
  return { ...status, stages };
}
