import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

import { taskQueues } from '../../src/contracts/names.ts';

/** A worker of workflows, and of a target's own activity, in a process that can be killed; says on stdout when it is there. */
export interface LonelyWorker {
  readonly address: string;
  readonly bundle: string;
  /** By which histories name it. */
  readonly identity: string;
}

const { address, bundle, identity } = JSON.parse(process.argv[2] ?? '') as LonelyWorker;
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  identity,
  taskQueue: taskQueues.pipeline,
  workflowBundle: { codePath: bundle },
  activities: { isHolderOpen: async () => true },
});
process.stdout.write('ready\n');
await worker.run();
