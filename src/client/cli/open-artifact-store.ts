import { createArtifactStore } from '../../adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../adapters/directory/object-store.ts';
import { AdapterError } from '../../adapters/errors.ts';
import { endedKey } from '../../adapters/kubernetes/job-records.ts';
import { createLogArchive } from '../../adapters/kubernetes/log-archive.ts';
import { createS3Store } from '../../adapters/s3/object-store.ts';
import type { Artifact, ArtifactManifest, ArtifactRef } from '../../contracts/artifact.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { ArtifactStore, ObjectStore } from '../../ports/object-store.ts';
import type { HomeLookup } from '../stack-home.ts';
import { readPlatform } from '../stack-home.ts';
import { WindlassError } from '../windlass-error.ts';
import type { ReadableLog } from './job-log.ts';

/** What the object store holds, read-only. Throws {@link WindlassError} only. */
export interface ArtifactCatalog {
  /** What stages have made, by kind and digest; base models included. */
  artifacts(): Promise<readonly Artifact[]>;
  baseModels(): Promise<readonly { readonly name: string; readonly artifact: ArtifactRef }[]>;
  /** By digest or the first digits of one, with or without `sha256:`. */
  find(digest: string): Promise<Artifact>;
  manifest(artifact: ArtifactRef): Promise<ArtifactManifest>;
  fetch(artifact: ArtifactRef, directory: string): Promise<ArtifactManifest>;
}

const logBytes = 1 << 20;

/** The one place where the client composes adapters: the store is read where it is, without a worker in between. */
export function openArtifactCatalog(lookup: HomeLookup): ArtifactCatalog {
  const store = createArtifactStore(openStore(lookup));
  return {
    artifacts: () => named(() => listArtifacts(store)),
    baseModels: () => named(() => listBaseModels(store)),
    find: (digest) => named(async () => findArtifact(await listArtifacts(store), digest)),
    manifest: (artifact) => named(() => store.manifest(artifact)),
    fetch: (artifact, directory) => named(() => store.fetch(artifact, directory)),
  };
}

/** The log of a job on Kubernetes, which its worker carries into the store while the job runs. */
export function openStoredLog(lookup: HomeLookup, job: string): ReadableLog {
  const objects = openStore(lookup);
  const archive = createLogArchive(objects);
  return {
    read: (offset) => named(() => archive.read(job, offset, logBytes)),
    hasEnded: () => named(async () => (await objects.stat(endedKey(job))) !== null),
    pollIntervalMs: 1_000,
  };
}

function openStore(lookup: HomeLookup): ObjectStore {
  const { uri } = readPlatform(lookup).store;
  return uri.startsWith('s3:') ? createS3Store(uri) : createDirectoryStore(uri);
}

async function listArtifacts(store: ArtifactStore): Promise<readonly Artifact[]> {
  const byDigest = new Map<string, Artifact>();
  for await (const bytes of documents(store, 'stages/')) {
    const { artifact } = parse(bytes) as StageRecord;
    byDigest.set(artifact.digest, artifact);
  }
  for (const { artifact } of await listBaseModels(store)) {
    if (!byDigest.has(artifact.digest)) byDigest.set(artifact.digest, await measured(store, artifact));
  }
  return [...byDigest.values()].toSorted((a, b) => (`${a.kind} ${a.digest}` < `${b.kind} ${b.digest}` ? -1 : 1));
}

async function measured(store: ArtifactStore, artifact: ArtifactRef): Promise<Artifact> {
  const { files } = await store.manifest(artifact);
  return { ...artifact, sizeBytes: files.reduce((total, { size }) => total + size, 0), fileCount: files.length };
}

async function listBaseModels(store: ArtifactStore): ReturnType<ArtifactCatalog['baseModels']> {
  const models: { name: string; artifact: ArtifactRef }[] = [];
  for await (const { key } of store.objects.list('models/')) {
    const artifact = parse(await store.objects.get(key)) as ArtifactRef;
    models.push({ name: key.slice('models/'.length).replace(/\.json$/, ''), artifact });
  }
  return models;
}

async function* documents(store: ArtifactStore, prefix: string): AsyncGenerator<Uint8Array> {
  for await (const { key } of store.objects.list(prefix)) yield await store.objects.get(key);
}

function findArtifact(artifacts: readonly Artifact[], digest: string): Artifact {
  const wanted = digest.startsWith('sha256:') ? digest : `sha256:${digest}`;
  const found = artifacts.filter((artifact) => artifact.digest.startsWith(wanted));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const reason = found.length === 0 ? 'no artifact has' : `${found.length} artifacts have`;
  throw new WindlassError('NotFound', `${reason} a digest that starts with ${wanted}`, {
    advice: 'See "windlass artifacts ls".',
  });
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const failure = error.failure === 'Unavailable' ? 'ServerUnreachable' : error.failure;
    throw new WindlassError(failure, error.message, { cause: error });
  }
}
