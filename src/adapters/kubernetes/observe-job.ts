import { observeWithoutPod } from './absent-pod.ts';
import { observeEnd } from './ended-pod.ts';
import { observeLivePod } from './live-pod.ts';
import type { JobObservation } from './observation.ts';
import { lost, running } from './observation.ts';
import type { ObservedEvent, ObservedJob, ObservedPod } from './observed.ts';
import { heldCondition } from './observed.ts';
import type { WaitLimits } from './wait-limits.ts';

/** One fresh look at a job, by the clock of the API server. */
export interface SeenJob {
  /** Null: there is none of this name and UID. */
  readonly job: ObservedJob | null;
  readonly pods: readonly ObservedPod[];
  /** About the Job and its pods. */
  readonly events: readonly ObservedEvent[];
  readonly nowMs: number;
  readonly limits: WaitLimits;
}

/**
 * What a job does or how it ended. A job whose pod may still run is never over: the next attempt would write beside it.
 */
export function observeJob({ job, pods, events, nowMs, limits }: SeenJob): JobObservation {
  const pod = currentPod(job, pods);
  const end = pod === undefined ? null : observeEnd(pod, nowMs);
  if (job === null) return end ?? (pod === undefined ? deleted() : running('ending'));
  const isLive = pod !== undefined && end === null;
  const told = { job, limits, nowMs };
  if (isLive) return observeLivePod(pod, events, told);
  if (isSuccess(end)) return end;
  return observeDeadline(job) ?? end ?? observeWithoutPod(events, told);
}

/** A pod that is deleted while its Job is suspended was put back into the queue, and its end is none of the job. */
function currentPod(job: ObservedJob | null, pods: readonly ObservedPod[]): ObservedPod | undefined {
  const isSuspended = job?.spec.suspend === true;
  return newestPod(pods.filter(({ metadata }) => !isSuspended || metadata.deletionTimestamp == null));
}

export function newestPod(pods: readonly ObservedPod[]): ObservedPod | undefined {
  return pods.toSorted((one, other) => other.metadata.creationTimestamp - one.metadata.creationTimestamp)[0];
}

function isSuccess(end: JobObservation | null): end is JobObservation {
  return end?.state.kind === 'exited' && end.state.exitCode === 0;
}

function observeDeadline(job: ObservedJob): JobObservation | null {
  const failed = heldCondition(job, 'Failed') ?? heldCondition(job, 'FailureTarget');
  if (failed?.reason !== 'DeadlineExceeded') return null;
  return lost('deadline', 'StageTimedOut', `${failed.message}; the Job has a deadlineSeconds of the platform file`);
}

function deleted(): JobObservation {
  return lost('deleted', 'JobLost', 'the Job is gone: it was deleted, or nobody removed it before its TTL was over');
}
