import { randomUUID } from 'node:crypto';

import type { WorkflowHandle } from '@temporalio/client';

import { taskQueues } from '../../src/contracts/names.ts';
import type { DeployOutcome } from '../../src/contracts/serving.ts';
import type { collectGarbage } from '../../src/workflows/collect-garbage.ts';
import type { convergeTarget } from '../../src/workflows/converge-target.ts';
import type { deployModel } from '../../src/workflows/deploy-model.ts';
import type { importModel } from '../../src/workflows/import-model.ts';
import type { reapJobs } from '../../src/workflows/reap-jobs.ts';
import type { rollbackModel } from '../../src/workflows/rollback-model.ts';
import type { WorkflowLab } from './workflow-lab.ts';

const target = { target: 'production', model: 'glossary' };

export async function startDeploy(lab: WorkflowLab, version: number): Promise<WorkflowHandle<typeof deployModel>> {
  return lab.environment.client.workflow.start<typeof deployModel>('deployModel', {
    ...newExecution('deploy'),
    args: [{ ...target, version, requester: 'ada' }],
  });
}

/** Back to what was live before, or to a named version. */
export async function startRollback(lab: WorkflowLab, to?: number): Promise<WorkflowHandle<typeof rollbackModel>> {
  return lab.environment.client.workflow.start<typeof rollbackModel>('rollbackModel', {
    ...newExecution('rollback'),
    args: [{ ...target, requester: 'ada', ...(to === undefined ? {} : { to }) }],
  });
}

export async function startConverge(lab: WorkflowLab): Promise<WorkflowHandle<typeof convergeTarget>> {
  return lab.environment.client.workflow.start<typeof convergeTarget>('convergeTarget', {
    ...newExecution('converge'),
    args: [target],
  });
}

export async function startImport(lab: WorkflowLab): Promise<WorkflowHandle<typeof importModel>> {
  return lab.environment.client.workflow.start<typeof importModel>('importModel', {
    ...newExecution('import'),
    args: [{ source: 'package:tiny', name: 'tiny' }],
  });
}

export async function startCollection(lab: WorkflowLab, input: object): Promise<WorkflowHandle<typeof collectGarbage>> {
  return lab.environment.client.workflow.start<typeof collectGarbage>('collectGarbage', {
    ...newExecution('gc'),
    args: [input],
  });
}

export async function startReaping(lab: WorkflowLab, input: object): Promise<WorkflowHandle<typeof reapJobs>> {
  return lab.environment.client.workflow.start<typeof reapJobs>('reapJobs', {
    ...newExecution('jobs'),
    args: [input],
  });
}

/** The release that a deployment or rollback ended with. */
export function releaseIn(outcome: DeployOutcome): Extract<DeployOutcome, { kind: 'released' }> {
  if (outcome.kind === 'released') return outcome;
  throw new Error(`rolled back: ${outcome.failure.message}`);
}

function newExecution(kind: string): { workflowId: string; taskQueue: string } {
  return { workflowId: `${kind}-${randomUUID()}`, taskQueue: taskQueues.pipeline };
}
