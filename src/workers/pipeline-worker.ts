import { taskQueues } from '../contracts/names.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { openClient } from './temporal-client.ts';
import { pipelineActivities } from './worker-activities.ts';
import type { WorkerContext } from './worker-context.ts';
import { workflowSource } from './workflow-bundle.ts';

/** All workflows, and the quick control activities; no rights on jobs or serving. */
async function buildPipelinePart(context: WorkerContext): Promise<WorkerPart> {
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    workflows: workflowSource({ isEncrypted: context.payloadKeys.length > 0, isVersioned: context.version !== null }),
    activities: pipelineActivities(context, await openClient(context)),
  };
}

await runWorker('pipeline', buildPipelinePart);
