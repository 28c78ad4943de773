import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkerOptions } from '@temporalio/worker';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import { searchAttributes, taskQueues } from '../../src/contracts/names.ts';
import { createFailureInterceptor } from '../../src/workers/failure-interceptor.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';

/** A time-skipping Temporal server with the real workflows, to be run in worlds of memory. */
export interface WorkflowLab {
  readonly environment: TestWorkflowEnvironment;
  /** Runs `use` while workers serve all three queues with the world's activities. */
  inWorld<Result>(world: FakeWorld, use: () => Promise<Result>, settings?: WorkerSettings): Promise<Result>;
  /** Workers that go on until they are stopped: for several versions of them side by side. */
  startWorkers(world: FakeWorld, settings: WorkerSettings): Promise<RunningWorkers>;
  close(): Promise<void>;
}

export interface RunningWorkers {
  stop(): Promise<void>;
}

/** What the workers of one version or configuration do differently. */
export type WorkerSettings = Pick<WorkerOptions, 'dataConverter' | 'workflowBundle' | 'workerDeploymentOptions'>;

const binaries = fileURLToPath(new URL('../../.venv/bin/', import.meta.url));
export const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

/** `time-skipping` waits hours in no time; `dev-server` is the server that people run, with settings of its own. */
export async function openWorkflowLab(
  kind: 'time-skipping' | 'dev-server',
  extraArgs: readonly string[] = [],
): Promise<WorkflowLab> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const [environment, bundle] = await Promise.all([
    openServer(kind, extraArgs),
    bundleWorkflows({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  ]);
  await registerSearchAttributes(environment);
  return {
    environment,
    inWorld: async (world, use, settings = {}) =>
      inWorld({ environment, settings: { workflowBundle: bundle, ...settings }, world }, use),
    startWorkers: async (world, settings) =>
      startWorkers({ environment, settings: { workflowBundle: bundle, ...settings }, world }),
    close: async () => environment.teardown(),
  };
}

function executable(name: string): { type: 'existing-path'; path: string } {
  return { type: 'existing-path', path: binaries + name };
}

async function openServer(
  kind: 'time-skipping' | 'dev-server',
  extraArgs: readonly string[],
): Promise<TestWorkflowEnvironment> {
  return kind === 'time-skipping'
    ? TestWorkflowEnvironment.createTimeSkipping({ server: { executable: executable('temporal-test-server') } })
    : TestWorkflowEnvironment.createLocal({
        server: { executable: executable('temporal'), extraArgs: [...extraArgs] },
      });
}

interface Stage {
  readonly environment: TestWorkflowEnvironment;
  readonly settings: WorkerSettings;
  readonly world: FakeWorld;
}

async function inWorld<Result>(stage: Stage, use: () => Promise<Result>): Promise<Result> {
  const [first, ...others] = await createWorkers(stage);
  if (first === undefined) throw new Error('no task queues');
  const running = others.map(async (worker) => worker.run());
  try {
    return await first.runUntil(use);
  } finally {
    for (const worker of others) worker.shutdown();
    await Promise.all(running);
  }
}

async function startWorkers(stage: Stage): Promise<RunningWorkers> {
  const workers = await createWorkers(stage);
  const running = workers.map(async (worker) => worker.run());
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
    },
  };
}

async function createWorkers({ environment, settings, world }: Stage): Promise<readonly Worker[]> {
  const { workflowBundle, ...common } = settings;
  const source = workflowBundle === undefined ? {} : { workflowBundle };
  return Promise.all(
    Object.values(taskQueues).map(async (taskQueue) =>
      Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        activities: world.activities,
        interceptors: { activity: [() => ({ inbound: createFailureInterceptor() })] },
        ...common,
        ...(taskQueue === taskQueues.pipeline ? source : {}),
      }),
    ),
  );
}

/** `temporal.api.enums.v1.IndexedValueType`. */
const indexedTypes = { keyword: 2, int: 3 } as const;

async function registerSearchAttributes(environment: TestWorkflowEnvironment): Promise<void> {
  const types = Object.values(searchAttributes).map((name) => [
    name,
    name === searchAttributes.version ? indexedTypes.int : indexedTypes.keyword,
  ]);
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: Object.fromEntries(types) as Record<string, 2 | 3>,
  });
}
