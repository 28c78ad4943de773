import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactFile, ArtifactRef } from '../../contracts/artifact.ts';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { ServingOptions } from '../../contracts/run-spec.ts';
import type { ArtifactStore } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import { syncPath } from './durable-file.ts';
import type { PublishedMark } from './repository.ts';
import { markFile } from './repository.ts';

export interface VersionContent {
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  readonly mark: PublishedMark;
  readonly signal: AbortSignal | undefined;
}

const parallelFiles = 4;

/**
 * Makes a complete version directory at `staged`, durable and read back: the engine's files, `serving.json`, the mark. What an
 * interrupted try left there is taken up again.
 * @throws AdapterError `CorruptArtifact` when a file differs from its digest; nothing is left then
 */
export async function stageVersion(artifacts: ArtifactStore, content: VersionContent, staged: string): Promise<void> {
  await mkdir(dirname(staged), { recursive: true });
  const { signal } = content;
  const { files } = await artifacts.fetch(content.engine, staged, signal === undefined ? {} : { signal });
  try {
    await inParallel(files, parallelFiles, async (file) => {
      signal?.throwIfAborted();
      await settleFile(staged, file);
    });
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    throw error;
  }
  await writeFile(join(staged, 'serving.json'), canonicalJson(content.serving));
  await writeFile(join(staged, markFile), canonicalJson(content.mark));
  await barBytecode(staged, files);
  await syncTree(staged);
}

export function markOf(engine: ArtifactRef, serving: ServingOptions): PublishedMark {
  const servingHash = createHash('sha256').update(canonicalJson(serving)).digest('hex');
  return { engineDigest: engine.digest, servingDigest: `sha256:${servingHash}` };
}

async function settleFile(staged: string, file: ArtifactFile): Promise<void> {
  const path = join(staged, file.path);
  await detach(path);
  const found = await sha256Of(path);
  if (found === file.sha256) return;
  const message = `${file.path} has sha256 ${found} after the copy, expected ${file.sha256}; check the disk of the model repository`;
  throw new AdapterError('CorruptArtifact', message, { system: 'triton', details: { file: file.path } });
}

/**
 * A hard link shares its change time with the other names of the file: a link made or removed elsewhere would look to Triton like a
 * changed engine, and the next load would reload a resident version.
 */
async function detach(path: string): Promise<void> {
  const { nlink } = await lstat(path);
  if (nlink < 2) return;
  const copy = `${path}.copy`;
  await copyFile(path, copy);
  await rename(copy, path);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Python would write `__pycache__` beside each module while the version loads, and Triton would take that for a change and load the
 * version a second time at the next switch. Its embedded interpreter ignores PYTHONDONTWRITEBYTECODE; an empty file of that name
 * is in the way instead.
 */
async function barBytecode(staged: string, files: readonly ArtifactFile[]): Promise<void> {
  const modules = files.filter(({ path }) => path.endsWith('.py'));
  for (const folder of new Set(modules.map(({ path }) => dirname(path)))) {
    await rm(join(staged, folder, '__pycache__'), { recursive: true, force: true });
    await writeFile(join(staged, folder, '__pycache__'), '');
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? syncTree(path) : syncPath(path));
  }
  await syncPath(folder);
}
