import { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { NativeConnection, Worker } from '@temporalio/worker';

import { clientDataConverter, workerDataConverter } from '../protocols/temporal/data-converter.ts';
import type { Chore } from './chores.ts';
import { startChores } from './chores.ts';
import { readWorkerConfig } from './config.ts';
import { versioningOptions } from './deployment-version.ts';
import { createFailureInterceptor } from './failure-interceptor.ts';
import { createHeartbeatInterceptor } from './heartbeat-interceptor.ts';
import { checkPayloadKeys } from './payload-key-check.ts';
import { createLogger, installRuntime } from './runtime.ts';
import type { WorkerContext } from './worker-context.ts';
import type { WorkerName } from './worker-settings.ts';
import { workerSettings } from './worker-settings.ts';
import type { WorkflowSource } from './workflow-bundle.ts';

/** What differs between the three workers. */
export interface WorkerPart {
  readonly name: WorkerName;
  readonly taskQueue: string;
  readonly activities: object;
  /** Null: this worker runs none. */
  readonly workflows: WorkflowSource | null;
  readonly chores?: readonly Chore[];
  /** Lets go of what the activities use, once none runs any more. */
  readonly close?: () => Promise<void>;
}

/** Runs one worker until SIGTERM: connects, builds its part, says `worker ready`, drains on shutdown. */
export async function runWorker(name: string, build: (context: WorkerContext) => Promise<WorkerPart>): Promise<void> {
  const logger = createLogger(name);
  try {
    const config = readWorkerConfig(process.env);
    const { metricsAddress } = config;
    const context = { ...config, metrics: installRuntime({ worker: name, logger, metricsAddress }) };
    const { address, namespace } = config.platform.temporal;
    const connection = await NativeConnection.connect({ address });
    const dataConverter = clientDataConverter(config.payloadKeys);
    await checkPayloadKeys(new Client({ connection, namespace, dataConverter }));
    const part = await build(context);
    const worker = await Worker.create({ connection, namespace, ...workerOptions(part, context) });
    logger.info(
      { taskQueue: part.taskQueue, namespace, address, metricsAddress, version: config.version },
      'worker ready',
    );
    const stopChores = startChores(part.chores ?? [], logger);
    await worker.run();
    await stopChores();
    await part.close?.();
    await connection.close();
    logger.info('worker stopped');
  } catch (error) {
    logger.fatal({ err: error }, 'worker failed');
    exitNow();
  }
}

/** The SDK's own throttle sends one heartbeat in 80 % of its timeout: one answer that is late would end an activity that lives. */
const heartbeatThrottle = { maxHeartbeatThrottleInterval: '3s', defaultHeartbeatThrottleInterval: '3s' } as const;

function workerOptions(part: WorkerPart, config: WorkerContext): Omit<WorkerOptions, 'connection'> {
  return {
    taskQueue: part.taskQueue,
    dataConverter: workerDataConverter(config.payloadKeys),
    activities: part.activities,
    ...workerSettings[part.name],
    ...heartbeatThrottle,
    shutdownGraceTime: config.shutdownGraceTime,
    ...part.workflows,
    interceptors: {
      ...part.workflows?.interceptors,
      activity: [
        () => ({ inbound: createFailureInterceptor(config.metrics) }),
        () => ({ inbound: createHeartbeatInterceptor() }),
      ],
    },
    ...versioningOptions(config.version),
  };
}

/** The SDK's native runtime keeps a process alive that has no worker, and takes its signals: ending by itself would never come. */
function exitNow(): never {
  process.exit(1);
}
