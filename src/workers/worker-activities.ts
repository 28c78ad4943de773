import type { Client } from '@temporalio/client';

import { mlflowCredentials } from '../adapters/mlflow/rest.ts';
import type { MlflowOptions } from '../adapters/mlflow/rest.ts';
import { createApiClient } from '../adapters/kubernetes/api-client.ts';
import { serverOfPod } from '../adapters/kubernetes/api-server.ts';
import { createJobApi } from '../adapters/kubernetes/job-api.ts';
import { ensureKindsAreServed } from '../adapters/kubernetes/job-kinds.ts';
import { createKubernetesJobRunner } from '../adapters/kubernetes/job-runner.ts';
import type { JobWatch } from '../adapters/kubernetes/job-watch.ts';
import { createJobWatch } from '../adapters/kubernetes/job-watch.ts';
import { serverOfKubeconfig } from '../adapters/kubernetes/kubeconfig.ts';
import { createPodLogStream } from '../adapters/kubernetes/pod-log-stream.ts';
import { ensureWorkerRights } from '../adapters/kubernetes/worker-rights.ts';
import { createMlflowRegistry } from '../adapters/mlflow/model-registry.ts';
import { createMlflowTracking } from '../adapters/mlflow/tracking.ts';
import { createSpecResolver } from '../adapters/platform/spec-resolver.ts';
import { createProcessJobRunner } from '../adapters/process/job-runner.ts';
import { createTritonReplica } from '../adapters/triton/replica.ts';
import type { GarbageActivities } from '../activities/garbage-activities.ts';
import { createGarbageActivities } from '../activities/garbage-activities.ts';
import type { JobActivities } from '../activities/job-activities.ts';
import { createJobActivities } from '../activities/job-activities.ts';
import { withJobFigures } from '../activities/job-figures.ts';
import type { JobInventoryActivities } from '../activities/job-inventory.ts';
import { createJobInventoryActivities } from '../activities/job-inventory.ts';
import { withoutLeftovers } from '../activities/job-leftovers.ts';
import type { RunActivities } from '../activities/run-activities.ts';
import { createRunActivities } from '../activities/run-activities.ts';
import type { ServingActivities } from '../activities/serving-activities.ts';
import { createServingActivities } from '../activities/serving-activities.ts';
import type { TargetActivities } from '../activities/target-activities.ts';
import { createTargetActivities } from '../activities/target-activities.ts';
import type { TrackingActivities } from '../activities/tracking-activities.ts';
import { createTrackingActivities } from '../activities/tracking-activities.ts';
import type { VersionActivities } from '../activities/version-activities.ts';
import { createVersionActivities } from '../activities/version-activities.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { ServingReplica } from '../ports/serving-replica.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import type { PortGuard } from './port-guard.ts';
import { unguarded } from './port-guard.ts';
import { createRunArchive } from './run-archive.ts';
import { jobsDigest } from './jobs-digest.ts';
import { openArtifactStore, openSources } from './stores.ts';
import { createTargetGate } from './target-gate.ts';
import type { WorkerContext } from './worker-context.ts';
import { createWorkflowExecutions } from './workflow-executions.ts';

/** Quick control activities: resolve, plan, MLflow, targets. */
export function pipelineActivities(
  config: WorkerContext,
  client: Client,
  guard: PortGuard = unguarded,
): RunActivities & TrackingActivities & VersionActivities & TargetActivities & GarbageActivities {
  const { platform, metrics } = config;
  const artifacts = openArtifactStore(platform.store.uri, guard, metrics);
  const mlflow = mlflowOptions(config);
  const registry = guard('model-registry', createMlflowRegistry(mlflow));
  const executions = executionsKnownTo(client, guard);
  const gate = guard('target-gate', createTargetGate(client));
  return {
    ...createRunActivities({
      artifacts,
      executions,
      archive: createRunArchive(client),
      resolver: createSpecResolver(platform),
      sources: openSources(guard),
      jobsDigest: jobsDigest(platform.jobs),
      links: { temporal: platform.temporal.uiUrl },
    }),
    ...createTrackingActivities({ tracking: guard('tracking', createMlflowTracking(mlflow)), registry, artifacts }),
    ...createVersionActivities({ registry, artifacts }),
    ...createTargetActivities({ gate, registry, executions, metrics }),
    ...createGarbageActivities({ objects: artifacts.objects, executions, gate, registry }),
  };
}

export function executionsKnownTo(client: Client, guard: PortGuard = unguarded): WorkflowExecutions {
  return guard('workflow-executions', createWorkflowExecutions(client));
}

export interface OpenedJobRunner {
  readonly runner: JobRunner;
  /** Whoever opened it closes it; null: these jobs are not watched. */
  readonly watch: JobWatch | null;
}

export async function openJobRunner(config: WorkerContext, guard: PortGuard = unguarded): Promise<OpenedJobRunner> {
  const { platform, environment, metrics } = config;
  const { jobs } = platform;
  const { objects } = openArtifactStore(platform.store.uri, guard, metrics);
  const guarded = (runner: JobRunner): JobRunner => withoutLeftovers(guard('job-runner', runner), objects);
  if (jobs.runner === 'process')
    return { runner: guarded(createProcessJobRunner({ ...jobs, environment })), watch: null };
  const server = await (jobs.kubeconfig === null ? serverOfPod(environment) : serverOfKubeconfig(jobs.kubeconfig));
  const client = createApiClient(server, { metrics });
  await ensureKindsAreServed(client, jobs);
  await ensureWorkerRights(client, jobs);
  const api = createJobApi(client, jobs.namespace);
  const podLogs = createPodLogStream(server, jobs.namespace, { metrics });
  const watch = createJobWatch({ server, namespace: jobs.namespace, metrics });
  const runner = createKubernetesJobRunner({ platform: jobs, api, podLogs, objects, watch, metrics });
  return { runner: guarded(runner), watch };
}

/** What only the worker with the job runner's rights does. */
export function jobsActivities(
  config: WorkerContext,
  jobs: { readonly runner: JobRunner; readonly executions: WorkflowExecutions },
  guard: PortGuard = unguarded,
): JobActivities & JobInventoryActivities {
  const { platform, metrics } = config;
  const artifacts = openArtifactStore(platform.store.uri, guard, metrics);
  const tracking = guard('tracking', createMlflowTracking(mlflowOptions(config)));
  const figures = { metrics, runner: jobs.runner, kind: platform.jobs.runner };
  return {
    ...withJobFigures(createJobActivities({ ...jobs, artifacts, tracking }), figures),
    ...createJobInventoryActivities({ ...jobs, metrics }),
  };
}

/** What only the worker with Triton's secret and its model repository does. */
export function servingActivities(
  { platform, metrics }: WorkerContext,
  guard: PortGuard = unguarded,
): ServingActivities {
  const artifacts = openArtifactStore(platform.store.uri, guard, metrics);
  const replicas = Object.entries(platform.targets).map(
    ([target, { replicas: servers }]): [string, ServingReplica[]] => [
      target,
      servers.map((replica) => guard('serving-replica', createTritonReplica({ replica, artifacts }))),
    ],
  );
  return createServingActivities({ replicas: Object.fromEntries(replicas), artifacts });
}

function mlflowOptions({ platform, environment }: WorkerContext): MlflowOptions {
  return { url: platform.mlflow.url, ...mlflowCredentials(environment) };
}
