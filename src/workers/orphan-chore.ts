import type { OrphanSweep } from '../activities/orphan-jobs.ts';
import { removeOrphans } from '../activities/orphan-jobs.ts';
import type { Chore } from './chores.ts';

/** A job whose run was terminated has nobody who would end it. */
export function endOrphanJobs(jobs: OrphanSweep): Chore {
  return { name: 'end the jobs of closed runs', everySeconds: 30, run: async () => removeOrphans(jobs) };
}
