import { taskQueues } from '../contracts/names.ts';
import { endOrphanJobs } from './orphan-chore.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { tellStaleWatch } from './stale-watch-chore.ts';
import { openClient } from './temporal-client.ts';
import { executionsKnownTo, jobsActivities, openJobRunner } from './worker-activities.ts';
import type { WorkerContext } from './worker-context.ts';

/** Starts and follows jobs; the only worker with the job runner's rights. Jobs of closed runs are ended. */
async function buildJobsPart(context: WorkerContext): Promise<WorkerPart> {
  const { runner, watch } = await openJobRunner(context);
  const { metrics } = context;
  const jobs = { runner, executions: executionsKnownTo(await openClient(context)), metrics };
  return {
    name: 'jobs',
    taskQueue: taskQueues.jobs,
    workflows: null,
    activities: jobsActivities(context, jobs),
    chores: [endOrphanJobs(jobs), ...(watch === null ? [] : [tellStaleWatch(watch, metrics)])],
    close: async () => watch?.close(),
  };
}

await runWorker('jobs', buildJobsPart);
