import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import { endOrphanJobs } from './orphan-chore.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { tellStaleWatch } from './stale-watch-chore.ts';
import { openClient } from './temporal-client.ts';
import { executionsKnownTo, jobsActivities, openJobRunner } from './worker-activities.ts';

/** Starts and follows jobs; the only worker with the job runner's rights. Jobs of closed runs are ended. */
async function buildJobsPart(config: WorkerConfig): Promise<WorkerPart> {
  const { runner, watch } = await openJobRunner(config);
  const jobs = { runner, executions: executionsKnownTo(await openClient(config)) };
  return {
    name: 'jobs',
    taskQueue: taskQueues.jobs,
    workflows: null,
    activities: jobsActivities(config, jobs),
    chores: [endOrphanJobs(jobs), ...(watch === null ? [] : [tellStaleWatch(watch)])],
    close: async () => watch?.close(),
  };
}

await runWorker('jobs', buildJobsPart);
