import { taskQueues } from '../contracts/names.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { servingActivities } from './worker-activities.ts';
import type { WorkerContext } from './worker-context.ts';

/** Changes what targets serve; the only worker with Triton's secret and its model repository. */
async function buildServingPart(context: WorkerContext): Promise<WorkerPart> {
  return {
    name: 'serving',
    taskQueue: taskQueues.serving,
    workflows: null,
    activities: servingActivities(context),
  };
}

await runWorker('serving', buildServingPart);
