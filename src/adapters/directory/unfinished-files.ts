import { readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinishedName } from '../../contracts/object-key.ts';
import type { UnfinishedWrite } from '../../ports/object-store.ts';
import { hasCode } from '../file-failures.ts';
import { temporaryFolder } from './durable-files.ts';

/** Files that somebody was writing, and folders that hold nothing (their names end in `/`), below a root; deepest first. */
export async function* findUnfinished(root: string, folder = '', isInside = false): AsyncGenerator<UnfinishedWrite> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(noneIfGone);
  for (const entry of entries) {
    const id = `${folder}${entry.name}`;
    const isUnfinished = isInside || isUnfinishedName(entry.name);
    if (entry.isDirectory()) yield* findUnfinished(root, `${id}/`, isUnfinished);
    else if (isUnfinished) yield* lookAt(root, id);
  }
  const isKept = folder === '' || folder === `${temporaryFolder}/`;
  if (entries.length === 0 && !isKept) yield* lookAt(root, folder);
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
    yield { id, sizeBytes: found.isFile() ? found.size : 0, modifiedMs: found.mtimeMs };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function noneIfGone(error: unknown): [] {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
  throw error;
}
