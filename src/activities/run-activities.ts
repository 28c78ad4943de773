import type { ArtifactRef } from '../contracts/artifact.ts';
import type { Digest } from '../contracts/artifact.ts';
import { canonicalJson } from '../contracts/canonical-json.ts';
import type { ResolvedRun, RunInput, RunSpec } from '../contracts/run-spec.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { SourceReader } from '../ports/source-reader.ts';
import type { SpecResolver } from '../ports/spec-resolver.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';
import { baseModelOf, keepBaseModel } from './base-models.ts';
import { sha256Digest } from './sha256.ts';
import { releaseClaim } from './stage-claims.ts';
import type { PlanStageRequest, StagePlan } from './stage-plans.ts';
import { planStage } from './stage-plans.ts';

/** What a run needs to know before and between its jobs. Quick, idempotent. */
export interface RunActivities {
  /** Checks the input, fills in every default, pins the sources, stores the result. @throws `InvalidSpec`, `MissingInput` */
  resolveRun(request: { readonly runId: string; readonly input: RunInput }): Promise<ResolvedRun>;
  /**
   * The stage's key, and the record of a run that did the same work, if it still stands; else the claim under which this run does it.
   * While another run does it, this fails with `StageClaimed` and is tried again, for as long as that takes.
   */
  planStage(request: PlanStageRequest): Promise<StagePlan>;
  /** Gives a claim back whose work came to nothing, so that a run that waits takes over. Idempotent. */
  releaseStage(request: { readonly stageKey: Digest; readonly claim: number }): Promise<void>;
  /** The imported base model of that name, or null. */
  findBaseModel(name: string): Promise<ArtifactRef | null>;
  /** Names an imported base model; the name keeps its first artifact. @throws `Conflict` when it names another */
  nameBaseModel(request: { readonly name: string; readonly artifact: ArtifactRef }): Promise<void>;
}

export interface RunActivityDependencies {
  readonly artifacts: ArtifactStore;
  readonly executions: WorkflowExecutions;
  readonly resolver: SpecResolver;
  /** By scheme: `file`, `s3`. */
  readonly sources: Readonly<Record<string, SourceReader>>;
  readonly jobsDigest: string;
  readonly links: ResolvedRun['links'];
}

export function createRunActivities(dependencies: RunActivityDependencies): RunActivities {
  const { artifacts } = dependencies;
  return {
    resolveRun: async ({ runId, input }) => resolveRun(dependencies, runId, input),
    planStage: async (request) => planStage(dependencies, request),
    releaseStage: async ({ stageKey, claim }) =>
      void (await releaseClaim(artifacts.objects, { stageKey, generation: claim })),
    findBaseModel: async (name) => baseModelOf(artifacts.objects, name),
    nameBaseModel: async ({ name, artifact }) => keepBaseModel(artifacts.objects, name, artifact),
  };
}

async function resolveRun(dependencies: RunActivityDependencies, runId: string, input: RunInput): Promise<ResolvedRun> {
  const spec = dependencies.resolver.resolve(input);
  const sources = await Promise.all(
    spec.data.sources.map(async (source) => readerOf(dependencies, source.uri).pin(source)),
  );
  const baseModel = await requiredBaseModel(dependencies, spec);
  const bytes = new TextEncoder().encode(canonicalJson({ spec, sources, baseModel }));
  const specDigest = sha256Digest(bytes);
  const key = specKey(runId, specDigest);
  await dependencies.artifacts.objects.putIfAbsent(key, bytes);
  return {
    spec,
    specUri: `${dependencies.artifacts.objects.rootUri}/${key}`,
    specDigest,
    sources,
    baseModel,
    jobsDigest: dependencies.jobsDigest,
    links: dependencies.links,
  };
}

/** By its digest: a source that changed between two attempts gives another spec, and the stored one is always the one returned. */
function specKey(runId: string, specDigest: Digest): string {
  return `runs/${runId}/spec-${specDigest.slice('sha256:'.length, 'sha256:'.length + 16)}.json`;
}

function readerOf(dependencies: RunActivityDependencies, uri: string): SourceReader {
  const scheme = uri.slice(0, uri.indexOf(':'));
  const reader = dependencies.sources[scheme];
  if (reader === undefined) throw new TypeError(`no source reader for ${scheme}:`);
  return reader;
}

async function requiredBaseModel(dependencies: RunActivityDependencies, spec: RunSpec): Promise<ArtifactRef | null> {
  if (spec.baseModel === null) return null;
  return baseModelOf(dependencies.artifacts.objects, spec.baseModel, 'required');
}
