import { Client, Connection } from '@temporalio/client';

import { taskQueues } from '../../../src/contracts/names.ts';
import type { WorkerPart } from '../../../src/workers/run-worker.ts';
import { runWorker } from '../../../src/workers/run-worker.ts';
import { endOrphanJobs } from '../../../src/workers/orphan-chore.ts';
import {
  executionsKnownTo,
  openJobRunner,
  jobsActivities,
  pipelineActivities,
  servingActivities,
} from '../../../src/workers/worker-activities.ts';
import type { WorkerContext } from '../../../src/workers/worker-context.ts';
import { withPlaces } from '../faults/activity-place.ts';
import { chaosFiles, chaosVariable } from '../faults/chaos-files.ts';
import { createFaultGuard } from '../faults/faulty-port.ts';

/* `chaos-worker.ts <pipeline|jobs|serving>`: a worker as it is in production, with fault points around its ports. */

const guard = createFaultGuard(chaosFiles(process.env[chaosVariable] ?? ''));
const name = process.argv[2] as keyof typeof taskQueues;

async function buildPart(context: WorkerContext): Promise<WorkerPart> {
  return {
    name,
    taskQueue: taskQueues[name],
    workflows:
      name === 'pipeline' ? { workflowBundle: { codePath: process.env['WINDLASS_CHAOS_BUNDLE'] ?? '' } } : null,
    ...(await dutiesOf(context)),
  };
}

async function dutiesOf(context: WorkerContext): Promise<Pick<WorkerPart, 'activities' | 'chores'>> {
  switch (name) {
    case 'pipeline':
      return { activities: withPlaces(pipelineActivities(context, await connectedClient(context), guard)) };
    case 'jobs': {
      const executions = executionsKnownTo(await connectedClient(context), guard);
      const { runner } = await openJobRunner(context, guard);
      const jobs = { runner, executions };
      return { activities: withPlaces(jobsActivities(context, jobs, guard)), chores: [endOrphanJobs(jobs)] };
    }
    case 'serving':
      return { activities: withPlaces(servingActivities(context, guard)) };
  }
}

async function connectedClient({ platform }: WorkerContext): Promise<Client> {
  const { address, namespace } = platform.temporal;
  return new Client({ connection: await Connection.connect({ address }), namespace });
}

await runWorker(name, buildPart);
