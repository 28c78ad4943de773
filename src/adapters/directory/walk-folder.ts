import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../file-failures.ts';

export interface FoundFile {
  /** Relative to the folder that was walked, `/` as separator. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * All files below a folder in byte order of their paths; nothing where the folder is missing. Symbolic links to files are followed,
 * those to folders are not (they may form a circle).
 */
export async function* walkFolder(folder: string, prefix = ''): AsyncGenerator<FoundFile> {
  for (const entry of await sortedEntries(join(folder, prefix))) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* walkFolder(folder, `${path}/`);
    else yield* fileAt(folder, path);
  }
}

/** As {@link walkFolder} without the folders below. */
export async function* filesDirectlyIn(folder: string): AsyncGenerator<FoundFile> {
  for (const entry of await sortedEntries(folder)) {
    if (!entry.isDirectory()) yield* fileAt(folder, entry.name);
  }
}

async function* fileAt(folder: string, path: string): AsyncGenerator<FoundFile> {
  try {
    const found = await stat(join(folder, path));
    if (found.isFile()) yield { path, sizeBytes: found.size, modifiedMs: found.mtimeMs };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function sortedEntries(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.toSorted((one, other) => Buffer.compare(sortKey(one), sortKey(other)));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** A folder sorts as its content does: with the slash that follows its name. */
function sortKey(entry: Dirent): Buffer {
  return Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name);
}
