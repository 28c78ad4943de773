import type { StageName } from './stage.ts';
import { stageNames } from './stage.ts';

/** Task queues; one worker main each, with just the rights its activities need. */
export const taskQueues = {
  pipeline: 'windlass-pipeline',
  jobs: 'windlass-jobs',
  serving: 'windlass-serving',
} as const;

export const workflowTypes = {
  llmPipeline: 'llmPipeline',
  deployModel: 'deployModel',
  rollbackModel: 'rollbackModel',
  importModel: 'importModel',
  servingTarget: 'servingTarget',
  convergeTarget: 'convergeTarget',
  collectGarbage: 'collectGarbage',
  reapJobs: 'reapJobs',
} as const;

/** Messages a run, a deployment and a target understand. */
export const messages = {
  /** Signals of a run; payload: {@link import('./approval.ts').Decision} without `decision`. */
  approve: 'approve',
  reject: 'reject',
  /** Update of a run; payload {@link import('./approval.ts').Decision}; refused where it does not fit. */
  decide: 'decide',
  /** Update of a run that is parked; payload {@link import('./repair.ts').RepairOrder}; refused where it does not fit. */
  retry: 'retry',
  /** Update of a run: answers once the input was accepted. */
  accepted: 'accepted',
  /** Query of a run: {@link import('./run-status.ts').RunStatus}. */
  status: 'status',
  /** Updates of a target. */
  acquire: 'acquire',
  release: 'release',
  commit: 'commit',
  freeze: 'freeze',
  unfreeze: 'unfreeze',
  /** Query of a target: {@link import('./serving.ts').TargetView}. */
  view: 'view',
  /** Query of a target, with an optional version: {@link import('./serving.ts').RollbackGoal}. */
  goal: 'goal',
} as const;

/** Search attributes, registered when the embedded stack starts. */
export const searchAttributes = {
  model: 'WindlassModel',
  version: 'WindlassVersion',
  phase: 'WindlassPhase',
  stage: 'WindlassStage',
  target: 'WindlassTarget',
  approval: 'WindlassApproval',
  requester: 'WindlassRequester',
} as const;

export function targetWorkflowId(target: string, model: string): string {
  return `target/${target}/${model}`;
}

/** One for each time that a target has to be brought back: named by the fencing token it is to get. */
export function convergeWorkflowId(target: string, model: string, token: number): string {
  return `${convergePrefix}${target}/${model}/${token}`;
}

export function isConvergeWorkflowId(workflowId: string): boolean {
  return workflowId.startsWith(convergePrefix);
}

const convergePrefix = 'converge/';

/** Null: it is no id of a target's workflow. */
export function parseTargetWorkflowId(workflowId: string): { readonly target: string; readonly model: string } | null {
  const { target, model } = /^target\/(?<target>[^/]+)\/(?<model>[^/]+)$/u.exec(workflowId)?.groups ?? {};
  return target === undefined || model === undefined ? null : { target, model };
}

/** The name under which a version is loaded while only the smoke test may reach it. */
export function candidateModelName(model: string): string {
  return `${model}--candidate`;
}

export function isStageName(name: string): name is StageName {
  return stageNames.some((stage) => stage === name);
}
