import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactFile } from '../../contracts/artifact.ts';
import { objectKeyProblem } from '../../contracts/object-key.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import { manifestName, resultName } from './manifest.ts';

const parallelHashes = 4;
const readBytes = 1024 * 1024;
const notContent: ReadonlySet<string> = new Set([manifestName, resultName]);

/** Every file below a directory with size and sha256, but a manifest or result at its top. Links to files count as files. */
export async function hashTree(directory: string): Promise<readonly ArtifactFile[]> {
  const paths = (await pathsBelow(directory, '')).filter((path) => !notContent.has(path));
  return inParallel(paths, parallelHashes, (path) => hashFile(directory, path));
}

async function pathsBelow(directory: string, prefix: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? pathsBelow(directory, `${path}/`) : [path];
  });
  return (await Promise.all(nested)).flat().toSorted();
}

async function hashFile(directory: string, path: string): Promise<ArtifactFile> {
  const problem = objectKeyProblem(path);
  if (problem !== null) throw unpublishable(directory, path, problem);
  if (!(await stat(join(directory, path))).isFile()) throw unpublishable(directory, path, 'it is not a plain file');
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(join(directory, path), { highWaterMark: readBytes })) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    size += bytes.length;
  }
  return { path, sha256: hash.digest('hex'), size };
}

function unpublishable(directory: string, path: string, why: string): AdapterError {
  return new AdapterError('InvalidData', `${directory}: "${path}" cannot be part of an artifact: ${why}; remove it`, {
    system: 'store',
    details: { file: path },
  });
}
