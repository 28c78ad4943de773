import type { Dirent } from 'node:fs';
import { readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinishedName } from '../../contracts/object-key.ts';
import type { UnfinishedWrite } from '../../ports/object-store.ts';
import { hasCode } from '../file-failures.ts';
import { temporaryFolder } from './durable-files.ts';

/**
 * Files that somebody was writing, and folders that hold nothing (their names end in `/`), in a folder below a root; deepest first, so
 * that who removes what he is given sees the folders that become empty too.
 */
export async function* findUnfinished(root: string, folder: string, isInside = false): AsyncGenerator<UnfinishedWrite> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(noneIfGone);
  for (const entry of entries) {
    const id = `${folder}${entry.name}`;
    const isUnfinished = isInside || isUnfinishedName(entry.name);
    if (entry.isDirectory()) yield* findUnfinished(root, `${id}/`, isUnfinished);
    else if (isUnfinished) yield* lookAt(root, id);
  }
  const isKept = folder === '' || folder === `${temporaryFolder}/`;
  if (!isKept && (await isEmpty(join(root, folder), entries))) yield* lookAt(root, folder);
}

/** A folder that somebody has filled meanwhile stays. */
export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

async function* lookAt(root: string, id: string): AsyncGenerator<UnfinishedWrite> {
  try {
    const found = await stat(join(root, id));
    yield { id, key: id, sizeBytes: found.isFile() ? found.size : 0, modifiedMs: found.mtimeMs };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Looks again where all that was there may have been removed meanwhile. */
async function isEmpty(folder: string, seen: readonly Dirent[]): Promise<boolean> {
  if (seen.some((entry) => entry.isFile() && !isUnfinishedName(entry.name))) return false;
  return seen.length === 0 || (await readdir(folder).catch(noneIfGone)).length === 0;
}

function noneIfGone(error: unknown): [] {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
  throw error;
}
