import type { JobTime } from '../../ports/job-runner.ts';
import { jobContainerName } from './job-container.ts';
import { newestPods } from './job-pods.ts';
import type { ObservedPod } from './observed.ts';

/**
 * When the job's containers began and ended, to the second, by the clocks of their nodes; null: one of them has not begun. What the first
 * waited for the last does not count.
 */
export function timeOfPods(pods: readonly ObservedPod[]): JobTime | null {
  const times = newestPods(pods).map(timeOfPod);
  const begun = times.filter((time) => time !== null);
  if (begun.length === 0 || begun.length < times.length) return null;
  const ends = begun.map(({ endedMs }) => endedMs).filter((endedMs) => endedMs !== null);
  return {
    startedMs: Math.max(...begun.map(({ startedMs }) => startedMs)),
    endedMs: ends.length < begun.length ? null : Math.max(...ends),
  };
}

function timeOfPod({ status }: ObservedPod): JobTime | null {
  const { running, terminated } = status.containerStatuses.find(({ name }) => name === jobContainerName)?.state ?? {};
  if (terminated?.startedAt != null) return { startedMs: terminated.startedAt, endedMs: terminated.finishedAt ?? null };
  return running?.startedAt == null ? null : { startedMs: running.startedAt, endedMs: null };
}
