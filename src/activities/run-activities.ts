import type { ArtifactRef, Digest } from '../contracts/artifact.ts';
import type { ResolvedRun } from '../contracts/run-spec.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import { baseModelOf, keepBaseModel } from './base-models.ts';
import type { AmendRun, ResolveDependencies, ResolveRun } from './resolve-run.ts';
import { amendRun, resolveRun } from './resolve-run.ts';
import { releaseClaim } from './stage-claims.ts';
import type { PlanStageRequest, StagePlan } from './stage-plans.ts';
import { planStage } from './stage-plans.ts';
import { discardStageRecord } from './stage-records.ts';

/** What a run needs to know before and between its jobs. Quick, idempotent. */
export interface RunActivities {
  /**
   * Checks the input, fills in every default, pins the sources, stores the result. A fork has spec and pins of the run that it comes
   * from. @throws `InvalidSpec`, `MissingInput`
   */
  resolveRun(request: ResolveRun): Promise<ResolvedRun>;
  /**
   * A run's spec with some fields changed, checked and stored as the first one was, for the run to go on from a stage. Where that is
   * prepare-data, the sources are pinned anew. @throws `InvalidSpec`, `MissingInput`
   */
  amendRun(request: AmendRun): Promise<ResolvedRun>;
  /**
   * The stage's key, and the record of a run that did the same work, if it still stands; else the claim under which this run does it.
   * While another run does it, this fails with `StageClaimed` and is tried again, for as long as that takes.
   */
  planStage(request: PlanStageRequest): Promise<StagePlan>;
  /** Gives a claim back whose work came to nothing, so that a run that waits takes over. Idempotent. */
  releaseStage(request: { readonly stageKey: Digest; readonly claim: number }): Promise<void>;
  /** Drops the record of a stage if it names that artifact, whose bytes were found damaged. Idempotent. */
  discardRecord(request: { readonly stageKey: Digest; readonly artifactUri: string }): Promise<void>;
  /** The imported base model of that name, or null. */
  findBaseModel(name: string): Promise<ArtifactRef | null>;
  /** Names an imported base model; the name keeps its first artifact. @throws `Conflict` when it names another */
  nameBaseModel(request: { readonly name: string; readonly artifact: ArtifactRef }): Promise<void>;
}

export interface RunActivityDependencies extends Omit<ResolveDependencies, 'objects'> {
  readonly artifacts: ArtifactStore;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
}

export function createRunActivities(dependencies: RunActivityDependencies): RunActivities {
  const { artifacts } = dependencies;
  const resolving: ResolveDependencies = { ...dependencies, objects: artifacts.objects };
  return {
    resolveRun: async (request) => resolveRun(resolving, request),
    amendRun: async (request) => amendRun(resolving, request),
    planStage: async (request) => planStage(dependencies, request),
    releaseStage: async ({ stageKey, claim }) =>
      void (await releaseClaim(artifacts.objects, { stageKey, generation: claim })),
    discardRecord: async (request) => discardStageRecord(artifacts.objects, request),
    findBaseModel: async (name) => baseModelOf(artifacts.objects, name),
    nameBaseModel: async ({ name, artifact }) => keepBaseModel(artifacts.objects, name, artifact),
  };
}
