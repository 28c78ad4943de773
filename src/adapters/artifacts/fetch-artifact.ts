import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactManifest, ArtifactRef } from '../../contracts/artifact.ts';
import type { ObjectStore, TransferOptions } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import { bytesOfManifest, digestOf, manifestName } from './manifest.ts';

const parallelFiles = 8;

export interface StoredArtifact {
  readonly ref: ArtifactRef;
  /** Key of the artifact in the store. */
  readonly prefix: string;
  readonly manifest: ArtifactManifest;
}

export interface FetchOptions extends TransferOptions {
  readonly directory: string;
}

/**
 * Copies an artifact and its manifest into a new directory: staged beside it under a name of its digest, where a later try finds what
 * is there already, and renamed when every file is verified. Safe to repeat: a directory that holds this artifact is taken as done.
 * @throws AdapterError `VersionConflict` when the directory holds anything else.
 */
export async function fetchArtifact(
  objects: ObjectStore,
  artifact: StoredArtifact,
  options: FetchOptions,
): Promise<ArtifactManifest> {
  const { directory } = options;
  if (await isThere(directory)) return checkedDirectory(artifact, directory);
  try {
    await stageAndRename(objects, artifact, options);
    return artifact.manifest;
  } catch (error) {
    if (await isThere(directory)) return checkedDirectory(artifact, directory);
    throw error;
  }
}

/** Another fetch of the same artifact (an earlier attempt that is still alive) may rename the shared staging directory at any time. */
async function stageAndRename(objects: ObjectStore, artifact: StoredArtifact, options: FetchOptions): Promise<void> {
  const { directory } = options;
  const staging = `${directory}.${artifact.ref.digest.slice('sha256:'.length).slice(0, 16)}.fetching`;
  await mkdir(staging, { recursive: true });
  await inParallel(artifact.manifest.files, parallelFiles, async (file) => {
    const target = join(staging, file.path);
    if (await isThere(target)) return;
    const transfer = { ...options, sha256: file.sha256, sizeBytes: file.size };
    await objects.download(`${artifact.prefix}/${file.path}`, target, transfer);
  });
  await placeManifest(staging, await manifestBytes(objects, artifact));
  await rename(staging, directory);
  await syncFolder(dirname(directory));
}

/** Appears whole, whoever else writes it or has renamed the staging directory meanwhile. */
async function placeManifest(staging: string, bytes: Uint8Array): Promise<void> {
  const draft = `${staging}.${randomUUID()}`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, join(staging, manifestName));
  } finally {
    await rm(draft, { force: true });
  }
}

/** The stored bytes, not those written anew: they are what the digest names. */
async function manifestBytes(objects: ObjectStore, artifact: StoredArtifact): Promise<Uint8Array> {
  const written = bytesOfManifest(artifact.manifest);
  if (digestOf(written) === artifact.ref.digest) return written;
  return objects.get(`${artifact.prefix}/${manifestName}`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checkedDirectory(artifact: StoredArtifact, directory: string): Promise<ArtifactManifest> {
  const bytes = await readFile(join(directory, manifestName)).catch(() => new Uint8Array());
  if (digestOf(bytes) === artifact.ref.digest) return artifact.manifest;
  throw new AdapterError(
    'VersionConflict',
    `${directory} exists and does not hold ${artifact.ref.uri}; remove it or fetch into another directory`,
    { system: 'store', details: { directory } },
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
