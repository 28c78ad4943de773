import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ForkInput, RunMemo } from '../contracts/fork.ts';
import type { SpecChange } from '../contracts/repair.ts';
import type { ResolvedRun, RunInput, RunSpec } from '../contracts/run-spec.ts';
import type { StageName } from '../contracts/stage.ts';
import { AdapterError } from '../adapters/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RunArchive } from '../ports/run-archive.ts';
import type { SourceReader } from '../ports/source-reader.ts';
import type { ForkOrder, SpecResolver } from '../ports/spec-resolver.ts';
import { baseModelOf } from './base-models.ts';
import { storeSource } from './pinned-sources.ts';
import type { StoredSpec } from './stored-spec.ts';
import { keepSpec, readSpec } from './stored-spec.ts';

export interface ResolveDependencies {
  readonly objects: ObjectStore;
  readonly archive: RunArchive;
  readonly resolver: SpecResolver;
  /** By scheme: `file`, `s3`. */
  readonly sources: Readonly<Record<string, SourceReader>>;
  readonly jobsDigest: string;
  readonly links: ResolvedRun['links'];
}

export interface ResolveRun {
  readonly runId: string;
  readonly input: RunInput | ForkInput;
}

export interface AmendRun {
  readonly runId: string;
  /** The run as it is; of its spec only the address. */
  readonly resolved: Pick<ResolvedRun, 'specUri' | 'jobsDigest' | 'olderJobsDigests' | 'fork'>;
  readonly change: SpecChange;
  readonly stage: StageName;
}

export async function resolveRun(
  dependencies: ResolveDependencies,
  { runId, input }: ResolveRun,
): Promise<ResolvedRun> {
  const fork = dependencies.resolver.parseFork(input);
  if (fork !== null) return forkRun(dependencies, runId, fork);
  const document = await pinned(dependencies, dependencies.resolver.resolve(input));
  return kept(dependencies, { runId, document, fork: null, jobsDigests: [] });
}

export async function amendRun(dependencies: ResolveDependencies, request: AmendRun): Promise<ResolvedRun> {
  const { runId, resolved, change, stage } = request;
  const { specUri, fork, jobsDigest, olderJobsDigests } = resolved;
  const stored = await readSpec(dependencies.objects, specUri);
  const spec = dependencies.resolver.amend(stored.spec, change);
  const document = await documentFrom(dependencies, stage, { ...stored, spec });
  return kept(dependencies, { runId, document, fork, jobsDigests: [jobsDigest, ...olderJobsDigests] });
}

async function forkRun(
  dependencies: ResolveDependencies,
  runId: string,
  { fork, requester }: ForkOrder,
): Promise<ResolvedRun> {
  const { run, from, set } = fork;
  const memo = await memoOf(dependencies.archive, run);
  const stored = await readSpec(dependencies.objects, memo.spec);
  const spec = dependencies.resolver.amend({ ...stored.spec, requester }, set);
  const document = await documentFrom(dependencies, from, { ...stored, spec });
  return kept(dependencies, { runId, document, fork: { run, from }, jobsDigests: memo.jobsDigests });
}

async function memoOf(archive: RunArchive, run: string): Promise<RunMemo> {
  const memo = await archive.find(run);
  if (typeof memo === 'object') return memo;
  const expected =
    memo === 'unknown'
      ? 'the id of a run that Temporal still knows'
      : 'a run whose input was accepted; this one has no spec to begin from';
  const issue = { path: 'fork.run', found: JSON.stringify(run), expected };
  throw new AdapterError('InvalidSpec', `${issue.path}: found ${issue.found}; expected ${expected}`, {
    system: 'temporal',
    details: { issues: [issue] },
  });
}

/** Only prepare-data looks at the sources: they are as they are now for it, and as they were for what comes after it. */
async function documentFrom(
  dependencies: ResolveDependencies,
  from: StageName,
  document: StoredSpec,
): Promise<StoredSpec> {
  return from === 'prepare-data' ? pinned(dependencies, document.spec) : document;
}

async function pinned(dependencies: ResolveDependencies, spec: RunSpec): Promise<StoredSpec> {
  const sources = await Promise.all(
    spec.data.sources.map(async (source) =>
      storeSource(dependencies.objects, await readerOf(dependencies, source.uri).pin(source)),
    ),
  );
  return { spec, sources, baseModel: await requiredBaseModel(dependencies.objects, spec) };
}

function readerOf({ sources }: ResolveDependencies, uri: string): SourceReader {
  const scheme = uri.slice(0, uri.indexOf(':'));
  const reader = sources[scheme];
  if (reader === undefined) throw new TypeError(`no source reader for ${scheme}:`);
  return reader;
}

async function requiredBaseModel(objects: ObjectStore, { baseModel }: RunSpec): Promise<ArtifactRef | null> {
  return baseModel === null ? null : baseModelOf(objects, baseModel, 'required');
}

interface Resolution {
  readonly runId: string;
  readonly document: StoredSpec;
  readonly fork: ResolvedRun['fork'];
  /** Of the run so far. */
  readonly jobsDigests: readonly string[];
}

async function kept(
  { objects, jobsDigest, links }: ResolveDependencies,
  { runId, document, fork, jobsDigests }: Resolution,
): Promise<ResolvedRun> {
  const olderJobsDigests = [...new Set(jobsDigests)].filter((digest) => digest !== jobsDigest);
  return { ...document, ...(await keepSpec(objects, runId, document)), jobsDigest, olderJobsDigests, fork, links };
}
