import { activityInfo } from '@temporalio/activity';

import type { ArtifactRef, Digest } from '../contracts/artifact.ts';
import { canonicalJson } from '../contracts/canonical-json.ts';
import type { Execution } from '../contracts/execution.ts';
import type { StageRecord } from '../contracts/job.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { JobKind } from '../contracts/stage.ts';
import { stageContractVersion } from '../contracts/stage.ts';
import { AdapterError } from '../adapters/errors.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import { keepUse } from './artifact-uses.ts';
import { tellProgress } from './heartbeat.ts';
import { sha256Digest } from './sha256.ts';
import { awaitedRun, claimStage, releaseClaim } from './stage-claims.ts';
import { findStageRecord, isKept } from './stage-records.ts';

export interface StageKeyRequest {
  readonly stage: JobKind;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  readonly parameters: JsonObject;
  readonly jobsDigest: string;
}

export interface PlanStageRequest extends StageKeyRequest {
  /** Who asks: the holder of the claim while the work is done. */
  readonly holder: Execution;
  /** False: the work is done whatever others have done or do. */
  readonly reuse: boolean;
  /** Digests of earlier job code whose result will do too, where it stands. */
  readonly olderJobsDigests: readonly string[];
}

/** What a stage has to do: nothing where there is a record, else the work, under a claim that is to be released. */
export interface StagePlan {
  readonly stageKey: Digest;
  readonly record: StageRecord | null;
  /** Generation of the claim that was taken; absent with a record, and without reuse. */
  readonly claim?: number;
  /** Id of the run that did the work while this one waited for it. */
  readonly sharedWith?: string;
}

export interface StagePlanDependencies {
  readonly artifacts: ArtifactStore;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
}

/** Parameters that change how a stage is worked off, never what comes out. */
const effortParameters = new Set(['workers']);

/** Looks again after 0.5 s, then ever later: the work of a stage takes seconds to days. */
const look = { firstMs: 500, growth: 1.5, longestMs: 10_000 } as const;

export async function planStage(dependencies: StagePlanDependencies, request: PlanStageRequest): Promise<StagePlan> {
  const { artifacts, executions } = dependencies;
  const { objects } = artifacts;
  const stageKey = stageKeyOf(request);
  if (!request.reuse) return { stageKey, record: null };
  const standing = (await olderPlan(artifacts, request)) ?? (await standingPlan(artifacts, stageKey, request.holder));
  if (standing !== null) return standing;
  const answer = await claimStage({ objects, executions }, { stageKey, holder: request.holder });
  if (answer.kind === 'held') throw heldBy(answer.holder, request);
  const finished = await standingPlan(artifacts, stageKey, request.holder);
  if (finished === null) return { stageKey, record: null, claim: answer.claim.generation };
  await releaseClaim(objects, answer.claim);
  return finished;
}

async function olderPlan(artifacts: ArtifactStore, request: PlanStageRequest): Promise<StagePlan | null> {
  for (const jobsDigest of request.olderJobsDigests) {
    const stageKey = stageKeyOf({ ...request, jobsDigest });
    const standing = await standingPlan(artifacts, stageKey, request.holder);
    if (standing !== null) return standing;
  }
  return null;
}

/**
 * A record that is taken is looked at twice, before and after its use was written down: garbage collection removes the record first and
 * looks for uses then, so that one of the two sees the other.
 */
async function standingPlan(artifacts: ArtifactStore, stageKey: Digest, holder: Execution): Promise<StagePlan | null> {
  const record = await findStageRecord(artifacts, stageKey);
  if (record === null) return null;
  await keepUse(artifacts.objects, holder, record.artifact.uri);
  if (!(await isKept(artifacts.objects, record))) return null;
  const sharedWith = await awaitedRun(artifacts.objects, { stageKey, holder });
  return { stageKey, record, ...(sharedWith === null ? {} : { sharedWith }) };
}

/** Temporal asks again after the delay: a waiting run holds no place on a worker and adds nothing to its history. */
function heldBy({ workflowId }: Execution, { stage }: PlanStageRequest): AdapterError {
  const retryAfterMs = Math.min(look.longestMs, look.firstMs * look.growth ** (activityInfo().attempt - 1));
  const progress = `waits for run ${workflowId}, which does the same ${stage}`;
  tellProgress({ progress });
  return new AdapterError('StageClaimed', progress, { system: 'store', retryAfterMs });
}

/** sha256 over what decides the result: stage, contract, digests of the inputs, parameters, code and environment of the jobs. */
export function stageKeyOf(request: StageKeyRequest): Digest {
  const parameters = Object.entries(request.parameters).filter(([name]) => !effortParameters.has(name));
  const key = {
    stage: request.stage,
    contract: stageContractVersion,
    jobs: request.jobsDigest,
    inputs: Object.fromEntries(Object.entries(request.inputs).map(([name, ref]) => [name, ref.digest])),
    parameters: Object.fromEntries(parameters.map(([name, value]) => [name, withoutPlace(value)])),
  };
  return sha256Digest(new TextEncoder().encode(canonicalJson(key)));
}

/** An artifact among the parameters counts by what it is, as one among the inputs does. */
function withoutPlace(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { uri, digest } = value as Readonly<Record<string, JsonValue | undefined>>;
  return typeof uri === 'string' && typeof digest === 'string' ? digest : value;
}
