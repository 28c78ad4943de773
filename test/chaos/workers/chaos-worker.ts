import { Client, Connection } from '@temporalio/client';

import { taskQueues } from '../../../src/contracts/names.ts';
import type { WorkerConfig } from '../../../src/workers/config.ts';
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
import { withPlaces } from '../faults/activity-place.ts';
import { chaosFiles, chaosVariable } from '../faults/chaos-files.ts';
import { createFaultGuard } from '../faults/faulty-port.ts';

/* `chaos-worker.ts <pipeline|jobs|serving>`: a worker as it is in production, with fault points around its ports. */

const guard = createFaultGuard(chaosFiles(process.env[chaosVariable] ?? ''));
const name = process.argv[2] as keyof typeof taskQueues;

async function buildPart(config: WorkerConfig): Promise<WorkerPart> {
  return {
    name,
    taskQueue: taskQueues[name],
    workflows:
      name === 'pipeline' ? { workflowBundle: { codePath: process.env['WINDLASS_CHAOS_BUNDLE'] ?? '' } } : null,
    ...(await dutiesOf(config)),
  };
}

async function dutiesOf(config: WorkerConfig): Promise<Pick<WorkerPart, 'activities' | 'chores'>> {
  switch (name) {
    case 'pipeline':
      return { activities: withPlaces(pipelineActivities(config, await connectedClient(config), guard)) };
    case 'jobs': {
      const executions = executionsKnownTo(await connectedClient(config), guard);
      const { runner } = await openJobRunner(config, guard);
      const jobs = { runner, executions };
      return { activities: withPlaces(jobsActivities(config, jobs, guard)), chores: [endOrphanJobs(jobs)] };
    }
    case 'serving':
      return { activities: withPlaces(servingActivities(config, guard)) };
  }
}

async function connectedClient({ platform }: WorkerConfig): Promise<Client> {
  const { address, namespace } = platform.temporal;
  return new Client({ connection: await Connection.connect({ address }), namespace });
}

await runWorker(name, buildPart);
