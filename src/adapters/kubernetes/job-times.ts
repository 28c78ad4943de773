import type { JobTime } from '../../ports/job-runner.ts';
import { jobContainerName } from './job-container.ts';
import { newestPod } from './observe-job.ts';
import type { ObservedPod } from './observed.ts';

/** When the job's container began and ended, to the second, by the clock of its node; null: it has not begun. */
export function timeOfPods(pods: readonly ObservedPod[]): JobTime | null {
  const containers = newestPod(pods)?.status.containerStatuses ?? [];
  const { running, terminated } = containers.find(({ name }) => name === jobContainerName)?.state ?? {};
  if (terminated?.startedAt != null) return { startedMs: terminated.startedAt, endedMs: terminated.finishedAt ?? null };
  return running?.startedAt == null ? null : { startedMs: running.startedAt, endedMs: null };
}
