import type { JobState } from '../contracts/job.ts';

const shortestMs = 20;
const longestMs = { queued: 1_000, running: 500, exited: 0, lost: 0 } satisfies Record<JobState['kind'], number>;

/**
 * Time to the next look at a job. A change is noticed within a tenth of the time for which the job has been in its state, so that
 * short jobs do not wait to be noticed; many that wait in a queue ask little.
 */
export function createPollClock(): (kind: JobState['kind'], nowMs: number) => number {
  let since: { readonly kind: JobState['kind']; readonly ms: number } | null = null;
  return (kind, nowMs) => {
    if (since?.kind !== kind) since = { kind, ms: nowMs };
    return Math.min(longestMs[kind], Math.max(shortestMs, (nowMs - since.ms) / 10));
  };
}
