// One worker process of a bench: `node bench/lab/bench-worker.ts pipeline|jobs|serving`, configured as the real ones by WINDLASS_PLATFORM.
import { Client, Connection } from '@temporalio/client';

import { createJobActivities } from '../../src/activities/job-activities.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import { createServingActivities } from '../../src/activities/serving-activities.ts';
import { createTargetActivities } from '../../src/activities/target-activities.ts';
import { createTrackingActivities } from '../../src/activities/tracking-activities.ts';
import { createVersionActivities } from '../../src/activities/version-activities.ts';
import { createSpecResolver } from '../../src/adapters/platform/spec-resolver.ts';
import { createProcessJobRunner } from '../../src/adapters/process/job-runner.ts';
import { taskQueues } from '../../src/contracts/names.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import type { ServingReplica } from '../../src/ports/serving-replica.ts';
import type { WorkerConfig } from '../../src/workers/config.ts';
import type { WorkerPart } from '../../src/workers/run-worker.ts';
import { runWorker } from '../../src/workers/run-worker.ts';
import { openArtifactStore, openSources } from '../../src/workers/stores.ts';
import { createRunArchive } from '../../src/workers/run-archive.ts';
import { createTargetGate } from '../../src/workers/target-gate.ts';
import { createWorkflowExecutions } from '../../src/workers/workflow-executions.ts';
import type { WorkerName } from '../../src/workers/worker-settings.ts';
import { createInProcessRunner } from './in-process-runner.ts';
import { createFileReplica, createIdleRegistry, createIdleTracking } from './stand-ins.ts';

const parts: Readonly<Record<WorkerName, (config: WorkerConfig) => Promise<WorkerPart>>> = {
  pipeline: buildPipelinePart,
  jobs: async (config) => buildJobsPart(config),
  serving: async (config) => buildServingPart(config),
};

const name = process.argv[2] as WorkerName;
await runWorker(name, parts[name]);

async function buildPipelinePart(config: WorkerConfig): Promise<WorkerPart> {
  const { platform } = config;
  const { address, namespace } = platform.temporal;
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const artifacts = openArtifactStore(platform.store.uri);
  const registry = createIdleRegistry();
  const executions = createWorkflowExecutions(client);
  return {
    name: 'pipeline',
    taskQueue: taskQueues.pipeline,
    workflows: { workflowBundle: { codePath: config.environment['WINDLASS_BENCH_BUNDLE'] ?? '' } },
    activities: {
      ...createRunActivities({
        artifacts,
        executions,
        archive: createRunArchive(client),
        resolver: createSpecResolver(platform),
        sources: openSources(),
        jobsDigest: 'sha256:no-op',
        links: { temporal: null },
      }),
      ...createTrackingActivities({ tracking: createIdleTracking(), registry, artifacts }),
      ...createVersionActivities({ registry, artifacts }),
      ...createTargetActivities({ gate: createTargetGate(client), registry, executions }),
    },
  };
}

function buildJobsPart(config: WorkerConfig): WorkerPart {
  const artifacts = openArtifactStore(config.platform.store.uri);
  const executions = { isOpen: async () => true };
  return {
    name: 'jobs',
    taskQueue: taskQueues.jobs,
    workflows: null,
    activities: createJobActivities({
      runner: openRunner(config),
      artifacts,
      tracking: createIdleTracking(),
      executions,
    }),
  };
}

function openRunner({ platform, environment }: WorkerConfig): JobRunner {
  const { jobs } = platform;
  if (environment['WINDLASS_BENCH_JOBS'] === 'process' && jobs.runner === 'process')
    return createProcessJobRunner({ ...jobs, environment });
  return createInProcessRunner(openArtifactStore(platform.store.uri));
}

function buildServingPart({ platform }: WorkerConfig): WorkerPart {
  const replicas = Object.entries(platform.targets).map(
    ([target, { replicas: servers }]): [string, ServingReplica[]] => [
      target,
      servers.map((server) => createFileReplica(server.name, server.repositoryDirectory)),
    ],
  );
  return {
    name: 'serving',
    taskQueue: taskQueues.serving,
    workflows: null,
    activities: createServingActivities({
      replicas: Object.fromEntries(replicas),
      artifacts: openArtifactStore(platform.store.uri),
    }),
  };
}
