// The worker of the bare workflow, with the defaults of the SDK: `node bench/overhead/bare-worker.ts <address> <bundle>`.
import { NativeConnection, Worker } from '@temporalio/worker';

import { createLogger, installRuntime } from '../../src/workers/runtime.ts';
import { bareActivities, bareTaskQueue } from './bare-activities.ts';

const [address = '', codePath = ''] = process.argv.slice(2);
const logger = createLogger('bare');
installRuntime({ worker: 'bare', logger, metricsAddress: null });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: bareTaskQueue,
  activities: bareActivities,
  workflowBundle: { codePath },
});
logger.info('worker ready');
await worker.run();
await connection.close();
