import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { jobsActivities } from './worker-activities.ts';

/** Starts and follows jobs; the only worker with the job runner's rights. */
async function buildJobsPart(config: WorkerConfig): Promise<WorkerPart> {
  return {
    name: 'jobs',
    taskQueue: taskQueues.jobs,
    workflows: null,
    activities: jobsActivities(config),
  };
}

await runWorker('jobs', buildJobsPart);
