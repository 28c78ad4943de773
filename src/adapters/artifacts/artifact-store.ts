import type { Artifact, ArtifactFile, ArtifactManifest, ArtifactRef } from '../../contracts/artifact.ts';
import type { ArtifactStore, ObjectStore } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import { fetchArtifact } from './fetch-artifact.ts';
import { corrupt, manifestName, parseManifest, sha256Hex } from './manifest.ts';
import { publishDirectory } from './publish-directory.ts';
import { toAdapterError } from './to-adapter-error.ts';

const parallelLooks = 8;

/**
 * Artifacts on top of any object store: files first, committed by a manifest that is written only if absent, and verified against
 * their digests on every way out. References must lie under the root of the store.
 */
export function createArtifactStore(objects: ObjectStore): ArtifactStore {
  const manifest = (ref: ArtifactRef): Promise<ArtifactManifest> => readManifest(objects, ref);
  return {
    objects,
    manifest,
    isComplete: (ref) => isComplete(objects, ref),
    fetch: (ref, directory, options = {}) =>
      named(`fetch ${ref.uri} into ${directory}`, options.signal, async () => {
        const artifact = { ref, prefix: prefixOf(objects, ref.uri), manifest: await manifest(ref) };
        return about(ref, async () => fetchArtifact(objects, artifact, { ...options, directory }));
      }),
    readFile: async (ref, path) => readFile(objects, ref, fileNamed(await manifest(ref), ref, path)),
    publish: (directory, target): Promise<Artifact> =>
      named(`publish ${directory} as ${target.uri}`, undefined, async () =>
        publishDirectory(objects, { ...target, directory, prefix: prefixOf(objects, target.uri) }),
      ),
  };
}

/** Errors of local files get the name of what was under way; an abort keeps its own reason. */
async function named<T>(what: string, signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    signal?.throwIfAborted();
    throw toAdapterError(error, what);
  }
}

async function readManifest(objects: ObjectStore, ref: ArtifactRef): Promise<ArtifactManifest> {
  const prefix = prefixOf(objects, ref.uri);
  return about(ref, async () => parseManifest(await objects.get(`${prefix}/${manifestName}`), ref));
}

/** An object that is missing is missing from an artifact: who made that can make it again. */
async function about<T>({ uri }: ArtifactRef, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AdapterError) || error.failure !== 'NotFound') throw error;
    const { system, details } = error;
    throw new AdapterError('NotFound', error.message, { system, details: { ...details, uri }, cause: error });
  }
}

async function isComplete(objects: ObjectStore, ref: ArtifactRef): Promise<boolean> {
  try {
    const { files } = await readManifest(objects, ref);
    const prefix = prefixOf(objects, ref.uri);
    const found = await inParallel(files, parallelLooks, (file) => objects.stat(`${prefix}/${file.path}`));
    return files.every((file, index) => found[index]?.sizeBytes === file.size);
  } catch (error) {
    if (error instanceof AdapterError && ['NotFound', 'CorruptArtifact'].includes(error.failure)) return false;
    throw error;
  }
}

async function readFile(objects: ObjectStore, ref: ArtifactRef, file: ArtifactFile): Promise<Uint8Array> {
  const bytes = await about(ref, async () => objects.get(`${prefixOf(objects, ref.uri)}/${file.path}`));
  const found = sha256Hex(bytes);
  if (found !== file.sha256) throw corrupt(ref.uri, `${file.path} has sha256 ${found}, expected ${file.sha256}`);
  return bytes;
}

function fileNamed(manifest: ArtifactManifest, ref: ArtifactRef, path: string): ArtifactFile {
  const file = manifest.files.find((candidate) => candidate.path === path);
  if (file !== undefined) return file;
  const names = manifest.files.slice(0, 20).map((candidate) => candidate.path);
  throw new AdapterError('NotFound', `artifact ${ref.uri} has no file "${path}"; it has ${names.join(', ')}`, {
    system: 'store',
  });
}

function prefixOf(objects: ObjectStore, uri: string): string {
  const start = `${objects.rootUri}/`;
  if (uri.startsWith(start)) return uri.slice(start.length).replace(/\/+$/u, '');
  throw new AdapterError(
    'InvalidConfig',
    `artifact ${uri} does not lie in the store ${objects.rootUri}; name an artifact of this store, or open the other one`,
    { system: 'store', details: { uri } },
  );
}
