import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { WorkerOptions } from '@temporalio/worker';
import { NativeConnection, Worker } from '@temporalio/worker';

import type { WorkerConfig } from './config.ts';
import { readWorkerConfig } from './config.ts';
import { createFailureInterceptor } from './failure-interceptor.ts';
import { createHeartbeatInterceptor } from './heartbeat-interceptor.ts';
import { installLogger } from './logger.ts';
import type { WorkerName } from './worker-settings.ts';
import { workerSettings } from './worker-settings.ts';

/** What differs between the three workers. */
export interface WorkerPart {
  readonly name: WorkerName;
  readonly taskQueue: string;
  readonly activities: object;
  /** Null: this worker runs none. */
  readonly workflows: WorkflowSource | null;
}

type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

/** Runs one worker until SIGTERM: connects, builds its part, says `worker ready`, drains on shutdown. */
export async function runWorker(name: string, build: (config: WorkerConfig) => Promise<WorkerPart>): Promise<void> {
  const logger = installLogger(name);
  try {
    const config = readWorkerConfig(process.env);
    const { address, namespace } = config.platform.temporal;
    const connection = await NativeConnection.connect({ address });
    const part = await build(config);
    const worker = await Worker.create({ connection, namespace, ...workerOptions(part, config) });
    logger.info({ taskQueue: part.taskQueue, namespace, address }, 'worker ready');
    await worker.run();
    await connection.close();
    logger.info('worker stopped');
  } catch (error) {
    logger.fatal({ err: error }, 'worker failed');
    exitNow();
  }
}

/** The SDK's own throttle sends one heartbeat in 80 % of its timeout: one answer that is late would end an activity that lives. */
const heartbeatThrottle = { maxHeartbeatThrottleInterval: '3s', defaultHeartbeatThrottleInterval: '3s' } as const;

function workerOptions(part: WorkerPart, config: WorkerConfig): Omit<WorkerOptions, 'connection'> {
  return {
    taskQueue: part.taskQueue,
    activities: part.activities,
    ...workerSettings[part.name],
    ...heartbeatThrottle,
    shutdownGraceTime: config.shutdownGraceTime,
    interceptors: {
      activity: [() => ({ inbound: createFailureInterceptor() }), () => ({ inbound: createHeartbeatInterceptor() })],
    },
    ...part.workflows,
  };
}

/** The bundle that `npm run build` made; sources are bundled at start when they run directly. */
export function ownWorkflows(): WorkflowSource {
  const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
}

/** The SDK's native runtime keeps a process alive that has no worker, and takes its signals: ending by itself would never come. */
function exitNow(): never {
  process.exit(1);
}
