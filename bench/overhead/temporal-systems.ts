import type { Client } from '@temporalio/client';

import { taskQueues, workflowTypes } from '../../src/contracts/names.ts';
import { BenchStack } from '../lab/bench-stack.ts';
import { bareTaskQueue } from './bare-activities.ts';
import type { System, Systems } from './measure.ts';
import { systemNames } from './system-names.ts';

/** The bare SDK and Windlass, each on a Temporal server of its own with the settings of the stack. */
export async function openTemporalSystems(): Promise<Systems> {
  const [inProcess, process] = await openBoth();
  await inProcess.startOtherWorker(
    new URL('bare-worker.ts', import.meta.url),
    new URL('bare-workflow.ts', import.meta.url),
  );
  return {
    systems: [
      bareSystem(inProcess),
      windlassSystem(systemNames.windlassInProcess, inProcess),
      windlassSystem(systemNames.windlass, process),
    ],
    close: async () => {
      await Promise.all([inProcess.close(), process.close()]);
    },
  };
}

async function openBoth(): Promise<[BenchStack, BenchStack]> {
  const inProcess = await BenchStack.open({ jobs: 'in-process', approval: false });
  return [inProcess, await BenchStack.open({ jobs: 'process', approval: false })];
}

function bareSystem(stack: BenchStack): System {
  return {
    name: systemNames.bareSdk,
    maxRepeats: Infinity,
    processorMs: async () => stack.processorMs(),
    durableSteps: async (serial) => activitiesOf(stack.client, `bare-${serial}`),
    run: async (serial) => {
      await stack.client.workflow.execute('bareWorkflow', { workflowId: `bare-${serial}`, taskQueue: bareTaskQueue });
    },
  };
}

function windlassSystem(name: string, stack: BenchStack): System {
  return {
    name,
    maxRepeats: Infinity,
    processorMs: async () => stack.processorMs(),
    durableSteps: async (serial) => activitiesOf(stack.client, `run-${serial}`),
    run: async (serial) => {
      await stack.client.workflow.execute(workflowTypes.llmPipeline, {
        workflowId: `run-${serial}`,
        taskQueue: taskQueues.pipeline,
        args: [stack.inputOf(`model-${serial}`)],
      });
    },
  };
}

async function activitiesOf(client: Client, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes != null).length;
}
