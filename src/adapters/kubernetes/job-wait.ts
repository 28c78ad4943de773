import type { FailureName } from '../../contracts/failures.ts';
import type { JobCategory, JobObservation } from './observation.ts';
import { lost, queued } from './observation.ts';
import type { ObservedJob, ObservedPod } from './observed.ts';
import { heldCondition } from './observed.ts';
import type { WaitLimits } from './wait-limits.ts';

/** One wait of a job, by the clock of the API server: no restart of a worker sets it back. */
export interface JobWait {
  readonly waitedMs: number;
  readonly limit: keyof WaitLimits;
  /** Null: it may wait for ever. */
  readonly limitSeconds: number | null;
}

/** What is told of a Job, and when. */
export interface ToldJob {
  readonly job: ObservedJob;
  readonly limits: WaitLimits;
  readonly nowMs: number;
}

const failureOf = {
  queueSeconds: 'QueueTimedOut',
  startSeconds: 'StartTimedOut',
} as const satisfies Readonly<Record<keyof WaitLimits, FailureName>>;

/** For room. Each time that its queue puts it back, and each time that it lets it through, a wait begins. */
export function queueWaitOf({ job, limits, nowMs }: ToldJob): JobWait {
  return { waitedMs: nowMs - queuedSinceMs(job, nowMs), limit: 'queueSeconds', limitSeconds: limits.queueSeconds };
}

/** For its container since it has a node; until it has one, for that. */
export function podWaitOf(pod: ObservedPod, told: ToldJob): JobWait {
  const scheduled = heldCondition(pod, 'PodScheduled');
  if (scheduled === undefined) return queueWaitOf(told);
  const sinceMs = scheduled.lastTransitionTime ?? pod.metadata.creationTimestamp;
  return { waitedMs: told.nowMs - sinceMs, limit: 'startSeconds', limitSeconds: told.limits.startSeconds };
}

/** It waits, or has waited for as long as it may. */
export function waiting(category: JobCategory, reason: string, wait: JobWait): JobObservation {
  const { waitedMs, limit, limitSeconds } = wait;
  if (limitSeconds === null || waitedMs < limitSeconds * 1000) return queued(category, reason);
  return lost(category, failureOf[limit], `for ${limitSeconds} s, which is all that ${limit} allows: ${reason}`);
}

/**
 * The Job controller notes when it suspends a Job, and when it resumes one, a little after that was asked for. Until it has, the wait
 * begins now: what stands there is about the time before.
 */
function queuedSinceMs({ metadata, spec, status }: ObservedJob, nowMs: number): number {
  const noted = status.conditions.find(({ type }) => type === 'Suspended');
  const begunMs = status.startTime ?? noted?.lastTransitionTime ?? metadata.creationTimestamp;
  if (noted === undefined) return spec.suspend && status.startTime != null ? nowMs : begunMs;
  if ((noted.status === 'True') !== spec.suspend) return nowMs;
  return spec.suspend ? (noted.lastTransitionTime ?? nowMs) : begunMs;
}
