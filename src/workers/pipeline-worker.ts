import { Client, Connection } from '@temporalio/client';

import { taskQueues } from '../contracts/names.ts';
import { clientDataConverter } from '../protocols/temporal/data-converter.ts';
import type { WorkerConfig } from './config.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { pipelineActivities } from './worker-activities.ts';
import { workflowSource } from './workflow-bundle.ts';

/** All workflows, and the quick control activities; no rights on jobs or serving. */
async function buildPipelinePart(config: WorkerConfig): Promise<WorkerPart> {
  const { address, namespace } = config.platform.temporal;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace, dataConverter: clientDataConverter(config.payloadKeys) });
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    workflows: workflowSource({ isEncrypted: config.payloadKeys.length > 0, isVersioned: config.version !== null }),
    activities: pipelineActivities(config, client),
  };
}

await runWorker('pipeline', buildPipelinePart);
