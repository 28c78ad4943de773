import { Client, Connection } from '@temporalio/client';

import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { ownWorkflows, runWorker } from './run-worker.ts';
import { pipelineActivities } from './worker-activities.ts';

/** All workflows, and the quick control activities; no rights on jobs or serving. */
async function buildPipelinePart(config: WorkerConfig): Promise<WorkerPart> {
  const { address, namespace } = config.platform.temporal;
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    workflows: ownWorkflows(),
    activities: pipelineActivities(config, client),
  };
}

await runWorker('pipeline', buildPipelinePart);
