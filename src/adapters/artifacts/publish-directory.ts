import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact, ArtifactFile, ArtifactManifest } from '../../contracts/artifact.ts';
import type { ObjectStore, PublishTarget } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import { hashTree } from './local-tree.ts';
import { bytesOfManifest, digestOf, manifestName } from './manifest.ts';

const parallelFiles = 8;

export interface Publication extends PublishTarget {
  readonly directory: string;
  /** Key of the artifact in the store. */
  readonly prefix: string;
}

/**
 * Uploads every file of a directory and commits them by the manifest, written only if absent. Safe to repeat after any crash.
 * @throws AdapterError `VersionConflict` when another artifact stands at the uri already.
 */
export async function publishDirectory(objects: ObjectStore, publication: Publication): Promise<Artifact> {
  const { kind, attributes, uri } = publication;
  const files = await hashTree(publication.directory);
  if (files.length === 0) throw empty(publication);
  const manifest: ArtifactManifest = { schema: 'windlass.artifact/v1', kind, attributes, files };
  const bytes = bytesOfManifest(manifest);
  await inParallel(files, parallelFiles, (file) => publishFile(objects, publication, file));
  await commit(objects, publication, bytes);
  const sizeBytes = files.reduce((sum, file) => sum + file.size, 0);
  return { uri, kind, digest: digestOf(bytes), sizeBytes, fileCount: files.length };
}

async function publishFile(objects: ObjectStore, publication: Publication, file: ArtifactFile): Promise<void> {
  const key = `${publication.prefix}/${file.path}`;
  if ((await objects.stat(key)) === null) return objects.upload(join(publication.directory, file.path), key);
  await checkStored(objects, key, file);
}

/** What an earlier try left must be the same bytes: objects are never overwritten. */
async function checkStored(objects: ObjectStore, key: string, file: ArtifactFile): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-check-'));
  try {
    await objects.download(key, join(folder, 'copy'), { sha256: file.sha256, sizeBytes: file.size });
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'CorruptArtifact') throw conflict(objects, key);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function commit(objects: ObjectStore, publication: Publication, bytes: Uint8Array): Promise<void> {
  const key = `${publication.prefix}/${manifestName}`;
  if (await objects.putIfAbsent(key, bytes)) return;
  if (digestOf(await objects.get(key)) !== digestOf(bytes)) throw conflict(objects, key);
}

function empty(publication: Publication): AdapterError {
  const message = `${publication.directory} holds no file, so there is nothing to publish as ${publication.uri}`;
  return new AdapterError('InvalidData', message, { system: 'store' });
}

function conflict(objects: ObjectStore, key: string): AdapterError {
  const message = `${objects.rootUri}/${key} exists with other bytes and is left as it is; publish under a new uri`;
  return new AdapterError('VersionConflict', message, { system: 'store', details: { key } });
}
