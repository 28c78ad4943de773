import { mlflowCredentials } from '../adapters/mlflow/rest.ts';
import { createMlflowTracking } from '../adapters/mlflow/tracking.ts';
import { createProcessJobRunner } from '../adapters/process/job-runner.ts';
import { createJobActivities } from '../activities/job-activities.ts';
import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { openArtifactStore } from './stores.ts';

/** Starts and follows jobs; the only worker with the job runner's rights. */
async function buildJobsPart({ platform, environment }: WorkerConfig): Promise<WorkerPart> {
  return {
    name: 'jobs',
    taskQueue: taskQueues.jobs,
    runsWorkflows: false,
    maxActivities: 500,
    activities: createJobActivities({
      runner: createProcessJobRunner({ ...platform.jobs, environment }),
      artifacts: openArtifactStore(platform.store.uri),
      tracking: createMlflowTracking({ url: platform.mlflow.url, ...mlflowCredentials(environment) }),
    }),
  };
}

await runWorker('jobs', buildJobsPart);
