import { observeWithoutPod } from './absent-pod.ts';
import type { PodEnd } from './ended-pods.ts';
import { decidingEnd, endsOf, failureOf, isReason } from './ended-pods.ts';
import { newestPods } from './job-pods.ts';
import { observeLivePods } from './live-pods.ts';
import type { JobObservation } from './observation.ts';
import { lost, running } from './observation.ts';
import type { ObservedEvent, ObservedJob, ObservedPod } from './observed.ts';
import { failedCondition } from './observed.ts';
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
 * What a job does or how it ended. A job of which a pod may still run is never over: the next attempt would write beside it.
 */
export function observeJob({ job, pods, events, nowMs, limits }: SeenJob): JobObservation {
  const current = currentPods(job, pods);
  const ends = endsOf(current, nowMs);
  const living = current.filter((pod) => !ends.some((end) => end.pod === pod));
  const isEnding = living.length > 0 && (job === null || decidingEnd(ends) !== null);
  if (isEnding) return running('ending');
  if (job === null) return (decidingEnd(ends) ?? ends[0])?.observation ?? deleted();
  const told = { job, limits, nowMs };
  const missing = missingPods(job, { living: living.length, ended: ends.length });
  if (living.length > 0) return observeLivePods({ pods: living, missing }, events, told);
  return observeEnds(job, ends, missing) ?? observeWithoutPod(events, told);
}

/** One that has ended well may be taken away before the others have. */
function missingPods({ spec, status }: ObservedJob, seen: { readonly living: number; readonly ended: number }): number {
  return spec.completions - seen.living - Math.max(seen.ended, status.succeeded);
}

function observeEnds(job: ObservedJob, ends: readonly PodEnd[], missing: number): JobObservation | null {
  const failed = decidingEnd(ends)?.observation ?? null;
  if (failed === null && ends[0] !== undefined && missing <= 0) return ends[0].observation;
  return observeDeadline(job) ?? observeFailure(job, failed);
}

/** A pod that is deleted while its Job is suspended was put back into the queue, and its end is none of the job. */
function currentPods(job: ObservedJob | null, pods: readonly ObservedPod[]): readonly ObservedPod[] {
  const isSuspended = job?.spec.suspend === true;
  return newestPods(pods.filter(({ metadata }) => !isSuspended || metadata.deletionTimestamp == null));
}

function observeDeadline(job: ObservedJob): JobObservation | null {
  const failed = failedCondition(job);
  if (failed?.reason !== 'DeadlineExceeded') return null;
  return lost('deadline', 'StageTimedOut', `${failed.message}; the Job has a deadlineSeconds of the platform file`);
}

/** A pod that the cluster took from among several may be gone when the others have ended; its Job knows of it. */
function observeFailure(job: ObservedJob, failed: JobObservation | null): JobObservation | null {
  const noted = failedCondition(job);
  if (noted?.reason !== 'PodFailurePolicy') return failed;
  const isExplained = failed !== null && (isReason(failed) || failureOf(failed) === 'Preempted');
  return isExplained ? failed : lost('disrupted', 'Preempted', noted.message);
}

function deleted(): JobObservation {
  return lost('deleted', 'JobLost', 'the Job is gone: it was deleted, or nobody removed it before its TTL was over');
}
