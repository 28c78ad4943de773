import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';

import type { RunStatus, StageStatus } from '../contracts/run-status.ts';
import type { StageName } from '../contracts/stage.ts';
import { stageNames } from '../contracts/stage.ts';
import { renderRunDetails } from './run-details.ts';
import { searchAttributesOf } from './search-attributes.ts';

/** The one place where a run's state changes: query, current details and search attributes always tell the same. */
export interface RunState {
  readonly status: RunStatus;
  stage(stage: StageName): StageStatus;
  change(patch: Partial<RunStatus>): void;
  changeStage(stage: StageName, patch: Partial<StageStatus>): void;
  startStage(stage: StageName, note?: string): void;
  /** Sets the duration from the stage's start. */
  endStage(stage: StageName, patch: Partial<StageStatus> & Pick<StageStatus, 'state'>): void;
}

export function createRunState(runId: string, model: string): RunState {
  let status = initialStatus(runId, model);
  let published: ReadonlyMap<string, unknown> = new Map();
  const change = (patch: Partial<RunStatus>): void => {
    status = { ...status, ...patch };
    setCurrentDetails(renderRunDetails(status));
    const attributes = searchAttributesOf(status);
    const changed = attributes.filter(({ key, value }) => published.get(key.name) !== value);
    if (changed.length > 0) upsertSearchAttributes(changed);
    published = new Map(attributes.map(({ key, value }) => [key.name, value]));
  };
  const changeStages = (next: (stage: StageStatus) => StageStatus): void => change({ stages: status.stages.map(next) });
  const changeStage: RunState['changeStage'] = (name, patch) =>
    changeStages((stage) => (stage.stage === name ? { ...stage, ...patch } : stage));
  return {
    get status() {
      return status;
    },
    stage: (name) => stageOf(status, name),
    change,
    changeStage,
    startStage: (name, note) => changeStages((stage) => (stage.stage === name ? started(stage, note) : stage)),
    endStage: (name, patch) => changeStage(name, { durationMs: sinceStart(status, name), ...patch }),
  };
}

/** Without the duration of an earlier attempt, which a stage that is done again would show while it runs. */
function started(stage: StageStatus, note = stage.note): StageStatus {
  const { durationMs: _, ...rest } = stage;
  return { ...rest, state: 'running', startedAt: now(), ...(note === undefined ? {} : { note }) };
}

function now(): string {
  return new Date().toISOString();
}

function stageOf(status: RunStatus, name: StageName): StageStatus {
  return status.stages.find(({ stage }) => stage === name) ?? { stage: name, state: 'waiting' };
}

function sinceStart(status: RunStatus, name: StageName): number {
  const { startedAt } = stageOf(status, name);
  return startedAt === undefined ? 0 : Date.now() - Date.parse(startedAt);
}

function initialStatus(runId: string, model: string): RunStatus {
  return {
    runId,
    model,
    target: null,
    requester: null,
    phase: 'resolving',
    fork: null,
    stages: stageNames.map((stage) => ({ stage, state: 'waiting' })),
    version: null,
    attention: null,
    repairs: [],
    approval: null,
    decision: null,
    evaluation: null,
    smoke: null,
    failure: null,
    stopped: null,
    links: {},
  };
}
