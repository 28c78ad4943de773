import { Client, Connection } from '@temporalio/client';

import { createMlflowRegistry } from '../adapters/mlflow/model-registry.ts';
import { mlflowCredentials } from '../adapters/mlflow/rest.ts';
import { createMlflowTracking } from '../adapters/mlflow/tracking.ts';
import { createSpecResolver } from '../adapters/platform/spec-resolver.ts';
import { createRunActivities } from '../activities/run-activities.ts';
import { createTargetActivities } from '../activities/target-activities.ts';
import { createTrackingActivities } from '../activities/tracking-activities.ts';
import { createVersionActivities } from '../activities/version-activities.ts';
import { taskQueues } from '../contracts/names.ts';
import type { WorkerConfig } from './config.ts';
import { jobsDigest } from './jobs-digest.ts';
import type { WorkerPart } from './run-worker.ts';
import { runWorker } from './run-worker.ts';
import { openArtifactStore, openSources } from './stores.ts';
import { createTargetGate } from './target-gate.ts';

/** All workflows, and the quick control activities; no rights on jobs or serving. */
async function buildPipelinePart({ platform, environment }: WorkerConfig): Promise<WorkerPart> {
  const { address, namespace, uiUrl } = platform.temporal;
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const artifacts = openArtifactStore(platform.store.uri);
  const mlflow = { url: platform.mlflow.url, ...mlflowCredentials(environment) };
  const registry = createMlflowRegistry(mlflow);
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    runsWorkflows: true,
    maxActivities: 200,
    activities: {
      ...createRunActivities({
        artifacts,
        resolver: createSpecResolver(platform),
        sources: openSources(),
        jobsDigest: jobsDigest(platform.jobs),
        links: { temporal: uiUrl },
      }),
      ...createTrackingActivities({ tracking: createMlflowTracking(mlflow), registry }),
      ...createVersionActivities({ registry, artifacts }),
      ...createTargetActivities(createTargetGate(client)),
    },
  };
}

await runWorker('pipeline', buildPipelinePart);
