import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { servingActivities } from './worker-activities.ts';

/** Changes what targets serve; the only worker with Triton's secret and its model repository. */
async function buildServingPart(config: WorkerConfig): Promise<WorkerPart> {
  return {
    name: 'serving',
    taskQueue: taskQueues.serving,
    workflows: null,
    activities: servingActivities(config),
  };
}

await runWorker('serving', buildServingPart);
