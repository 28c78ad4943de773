import type { CollectGarbageInput } from '../contracts/garbage.ts';
import type { ReapJobsInput } from '../contracts/job-inventory.ts';
import { workflowTypes } from '../contracts/names.ts';
import type { DeployModelInput } from '../workflows/deploy-model.ts';
import type { ImportModelInput } from '../workflows/import-model.ts';
import type { RollbackModelInput } from '../workflows/rollback-model.ts';
import type { DeployRequest, ImportRequest, RollbackRequest } from './requests.ts';
import { newRunId } from './run-id.ts';
import { currentUser } from './run-request.ts';

/** A workflow that is started and waited for in one call. */
export interface WorkflowCall {
  readonly type: string;
  readonly id: string;
  readonly input:
    DeployModelInput | RollbackModelInput | ImportModelInput | Partial<CollectGarbageInput> | Partial<ReapJobsInput>;
  /** The line people see in the list of workflows. */
  readonly summary: string;
}

export function deployCall({ target, model, version, requester = currentUser() }: DeployRequest): WorkflowCall {
  return {
    type: workflowTypes.deployModel,
    id: `deploy-${target}-${newRunId(model)}`,
    input: { target, model, version, requester },
    summary: `${model} version ${version} → ${target}`,
  };
}

export function rollbackCall({ target, model, to, requester = currentUser() }: RollbackRequest): WorkflowCall {
  return {
    type: workflowTypes.rollbackModel,
    id: `rollback-${target}-${newRunId(model)}`,
    input: { target, model, requester, ...(to === undefined ? {} : { to }) },
    summary: `${model} on ${target} → ${to === undefined ? 'the release before' : `version ${to}`}`,
  };
}

export function importCall({ source, name }: ImportRequest): WorkflowCall {
  return {
    type: workflowTypes.importModel,
    id: `import-${newRunId(name)}`,
    input: { source, name },
    summary: `${source} → ${name}`,
  };
}

export function collectionCall(request: Partial<CollectGarbageInput>): WorkflowCall {
  return {
    type: workflowTypes.collectGarbage,
    id: `gc-${newRunId('store')}`,
    input: request,
    summary: request.dryRun === false ? 'removes garbage of the object store' : 'looks for garbage in the object store',
  };
}

export function reapCall(request: Partial<ReapJobsInput>): WorkflowCall {
  return {
    type: workflowTypes.reapJobs,
    id: `jobs-${newRunId('reap')}`,
    input: request,
    summary: request.dryRun === false ? 'removes the jobs of closed runs' : 'lists jobs',
  };
}
