import { CancellationScope, workflowInfo } from '@temporalio/workflow';

import type { PlanStageRequest, StagePlan } from '../../activities/stage-plans.ts';
import type { ArtifactKind, ArtifactRef } from '../../contracts/artifact.ts';
import type { StageRecord, StartedJob } from '../../contracts/job.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { ResolvedRun, RunSpec } from '../../contracts/run-spec.ts';
import type { JobStageName } from '../../contracts/stage.ts';
import { isBefore } from '../../contracts/stage.ts';
import { control } from '../activity-profiles.ts';
import type { ApprovalDesk } from '../approval.ts';
import type { JobRun } from '../run-job.ts';
import { runJob } from '../run-job.ts';
import type { RepairDesk } from '../repair-desk.ts';
import type { RunState } from '../run-state.ts';
import type { MadeStages } from './made-stages.ts';
import { doneNote, rebuiltNote, reusedNote } from './stage-notes.ts';

/** What every stage of a run works with. */
export interface RunContext {
  readonly state: RunState;
  /** What the run works with now; a repair puts another one here. */
  resolved: ResolvedRun;
  readonly repairs: RepairDesk;
  readonly approvals: ApprovalDesk;
  readonly trackingRunId: string;
  readonly made: MadeStages;
}

export interface JobStageOrder {
  readonly stage: JobStageName;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  readonly parameters: JsonObject;
  readonly outputKind: ArtifactKind;
  /** The line people read in the stage table, made from what the job reported. */
  readonly note: (record: StageRecord) => string;
}

/** Runs a job stage, or takes what another run made, or makes meanwhile, from the same inputs, parameters and code. */
export async function runJobStage(run: RunContext, order: JobStageOrder): Promise<StageRecord> {
  const standing = run.made.find(order);
  if (standing !== null) return standing;
  const record = await takeOrMake(run, order);
  run.made.keep(order, record);
  return record;
}

async function takeOrMake(run: RunContext, order: JobStageOrder): Promise<StageRecord> {
  const { stage, inputs, parameters } = order;
  const { resolved, state, made } = run;
  const noteOf = (record: StageRecord): string => rebuiltNote(order.note(record), made.wasDiscarded(stage));
  state.startStage(stage);
  const holder = { workflowId: workflowInfo().workflowId, runId: workflowInfo().runId };
  const { jobsDigest } = resolved;
  const plan = await control.planStage({
    stage,
    inputs,
    parameters,
    jobsDigest,
    holder,
    ...reuseRule(resolved, stage),
  });
  if (plan.record !== null) {
    const note = reusedNote(noteOf(plan.record), plan.sharedWith);
    state.endStage(stage, { state: 'reused', artifact: plan.record.artifact, note });
    return plan.record;
  }
  const { record, attempts, jobName, sharedWith } = await runClaimedJob(run, order, plan);
  state.endStage(stage, {
    state: 'done',
    artifact: record.artifact,
    attempts,
    job: jobName,
    note: doneNote(noteOf(record), sharedWith),
  });
  return record;
}

/** A fork keeps what stands before the stage that it begins at, though the code of the jobs has changed since. */
function reuseRule(
  { spec, fork, olderJobsDigests }: ResolvedRun,
  stage: JobStageName,
): Pick<PlanStageRequest, 'reuse' | 'olderJobsDigests'> {
  if (fork !== null && isBefore(stage, fork.from)) return { reuse: true, olderJobsDigests };
  return { reuse: spec.reuse, olderJobsDigests: [] };
}

/** Runs that began before there was a limit of silence have none. */
function jobLimits(
  { timeouts, stallTimeouts }: RunSpec,
  stage: JobStageName,
): Pick<StartedJob, 'timeoutSeconds' | 'stallSeconds'> {
  const stallSeconds = stallTimeouts?.[stage] ?? null;
  return { timeoutSeconds: timeouts[stage], ...(stallSeconds === null ? {} : { stallSeconds }) };
}

/** Work that comes to nothing gives its claim back, so that a run that waits takes over. */
async function runClaimedJob(
  run: RunContext,
  { stage, inputs, parameters, outputKind }: JobStageOrder,
  { stageKey, claim }: StagePlan,
): Promise<JobRun> {
  try {
    return await runJob({
      stage,
      inputs,
      parameters,
      outputKind,
      runId: run.state.status.runId,
      stageKey,
      trackingRunId: run.trackingRunId,
      ...jobLimits(run.resolved.spec, stage),
      attemptsBefore: run.state.stage(stage).attempts ?? 0,
      onStart: (job, attempt) => run.state.changeStage(stage, { job, attempts: attempt }),
      ...(claim === undefined ? {} : { claim }),
      ...(reuseRule(run.resolved, stage).reuse ? {} : { isolated: true }),
    });
  } catch (error) {
    if (claim !== undefined) {
      await CancellationScope.nonCancellable(async () => control.releaseStage({ stageKey, claim }));
    }
    throw error;
  }
}

/** A contract type as the JSON it is. */
export function asJson(value: object): JsonObject {
  return value as JsonObject;
}

/** A figure of the job's summary by its path (`validationLoss.last`), rounded for people; `?` where the job gave none. */
export function figure(record: StageRecord, path: string): string {
  const value = path.split('.').reduce<JsonValue | undefined>((at, name) => memberOf(at, name), record.summary);
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : '?';
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
