import type { EndedJob, JobOutcome } from '../contracts/job.ts';
import type { JobsPlatform } from '../contracts/platform.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { JobActivities } from './job-activities.ts';
import { partsOfJobName } from './job-document.ts';

export interface JobFigures {
  readonly metrics: Metrics;
  readonly runner: Pick<JobRunner, 'timeOf'>;
  readonly kind: JobsPlatform['runner'];
}

/**
 * Activities that count how jobs end: last, so that an attempt that fails counts nothing. What is counted twice is an attempt that was done,
 * and whose worker could not tell.
 */
export function withJobFigures(activities: JobActivities, figures: JobFigures): JobActivities {
  const { metrics, kind } = figures;
  return {
    ...activities,
    collectJob: async (job) => {
      const outcome = await activities.collectJob(job);
      await countJudged(figures, job, outcome);
      return outcome;
    },
    removeJob: async (handle) => {
      await activities.removeJob(handle);
      const { stage } = partsOfJobName(handle.name);
      metrics.count('windlass_jobs_ended_total', { runner: kind, stage, outcome: 'removed' });
    },
  };
}

async function countJudged(
  { metrics, runner, kind }: JobFigures,
  { stage, handle }: EndedJob,
  judged: JobOutcome,
): Promise<void> {
  // A figure fails no stage: a job whose record cannot be read just now is not among the times.
  const time = await runner.timeOf(handle).catch(() => null);
  const outcome = judged.kind === 'succeeded' ? 'succeeded' : judged.failure.name;
  metrics.count('windlass_jobs_ended_total', { runner: kind, stage, outcome });
  if (time === null || time.endedMs === null) return;
  metrics.record('windlass_job_running_seconds', { stage, outcome }, (time.endedMs - time.startedMs) / 1000);
}
