import { createTritonReplica } from '../adapters/triton/replica.ts';
import { createServingActivities } from '../activities/serving-activities.ts';
import { taskQueues } from '../contracts/names.ts';
import type { ServingReplica } from '../ports/serving-replica.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { openArtifactStore } from './stores.ts';

/** Changes what targets serve; the only worker with Triton's secret and its model repository. */
async function buildServingPart({ platform }: WorkerConfig): Promise<WorkerPart> {
  const artifacts = openArtifactStore(platform.store.uri);
  const replicas = Object.entries(platform.targets).map(
    ([target, { replicas: servers }]): [string, ServingReplica[]] => [
      target,
      servers.map((replica) => createTritonReplica({ replica, artifacts })),
    ],
  );
  return {
    name: 'serving',
    taskQueue: taskQueues.serving,
    runsWorkflows: false,
    maxActivities: 50,
    activities: createServingActivities({ replicas: Object.fromEntries(replicas), artifacts }),
  };
}

await runWorker('serving', buildServingPart);
