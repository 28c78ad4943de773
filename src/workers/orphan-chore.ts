import type { JobSurvey } from '../activities/orphan-jobs.ts';
import { endOrphans } from '../activities/orphan-jobs.ts';
import type { Chore } from './chores.ts';

/** A job whose run was terminated has nobody who would end it. */
export function endOrphanJobs(jobs: JobSurvey): Chore {
  return { name: 'end the jobs of closed runs', everySeconds: 30, run: async () => endOrphans(jobs) };
}
