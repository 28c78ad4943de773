// The worker of the bare workflow, with the defaults of the SDK: `node bench/overhead/bare-worker.ts <address> <bundle>`.
import { NativeConnection, Worker } from '@temporalio/worker';

import { installLogger } from '../../src/workers/logger.ts';
import { bareActivities, bareTaskQueue } from './bare-activities.ts';

const [address = '', codePath = ''] = process.argv.slice(2);
const logger = installLogger('bare');
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
