import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode } from '../file-failures.ts';

/** Below the root; where writes begin. */
export const temporaryFolder = '.tmp';
const staleAfterMs = 24 * 60 * 60 * 1000;

/** A new name under `<root>/.tmp` that tells which process owns it. */
export async function temporaryPath(root: string): Promise<string> {
  const folder = join(root, temporaryFolder);
  await mkdir(folder, { recursive: true });
  return join(folder, `${hostname()}+${process.pid}+${randomUUID()}`);
}

/** Removes temporary files whose process on this machine is gone, and those a day old whoever owns them. */
export async function removeStaleTemporaries(root: string): Promise<void> {
  const folder = join(root, temporaryFolder);
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (isAbandoned(name) || (await isOld(path))) await rm(path, { force: true });
  }
}

/** Makes a folder and its missing parents, each entry fsynced into its parent. */
export async function makeFolderDurably(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined) return;
  for (let path = folder; path.length >= firstMade.length; path = dirname(path)) await syncFolder(dirname(path));
}

/** Makes the entries of a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function isAbandoned(name: string): boolean {
  const [host, pid] = name.split('+');
  return host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleAfterMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
