import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { openClient } from './temporal-client.ts';
import { pipelineActivities } from './worker-activities.ts';
import { workflowSource } from './workflow-bundle.ts';

/** All workflows, and the quick control activities; no rights on jobs or serving. */
async function buildPipelinePart(config: WorkerConfig): Promise<WorkerPart> {
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    workflows: workflowSource({ isEncrypted: config.payloadKeys.length > 0, isVersioned: config.version !== null }),
    activities: pipelineActivities(config, await openClient(config)),
  };
}

await runWorker('pipeline', buildPipelinePart);
