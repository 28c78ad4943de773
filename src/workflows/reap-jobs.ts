import { setCurrentDetails } from '@temporalio/workflow';

import type { JobsReport, ReapJobsInput } from '../contracts/job-inventory.ts';
import { reaping } from './activity-profiles.ts';
import { failWith, namingFailures } from './failure-of.ts';
import { renderJobsDetails } from './jobs-details.ts';
import { reapOrderOf } from './reap-rules.ts';

/**
 * Lists the jobs that stand, and removes those whose run is closed. Input: one object, e.g. `{"dryRun": false}`; without it, it only
 * looks.
 */
export async function reapJobs(input: Partial<ReapJobsInput>): Promise<JobsReport> {
  return namingFailures(async () => reap(checked(input)));
}

async function reap({ dryRun }: ReapJobsInput): Promise<JobsReport> {
  const jobs = await reaping.listJobs();
  const removed = dryRun ? null : await reaping.removeOrphanJobs();
  const report = { jobs, removed };
  setCurrentDetails(renderJobsDetails(report));
  return report;
}

function checked(input: Partial<ReapJobsInput>): ReapJobsInput {
  const order = reapOrderOf(input);
  if (typeof order === 'string') throw failWith({ name: 'InvalidSpec', message: order });
  return order;
}
