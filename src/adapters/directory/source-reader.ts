import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FailureName } from '../../contracts/failures.ts';
import type { PinnedFile, PinnedSource, SourceSpec } from '../../contracts/run-spec.ts';
import type { SourcePattern } from '../../contracts/source-pattern.ts';
import { isVisiblePath, parseSourcePattern } from '../../contracts/source-pattern.ts';
import type { SourceReader } from '../../ports/source-reader.ts';
import { AdapterError } from '../errors.ts';
import { hasCode } from '../file-failures.ts';
import { toAdapterError } from './to-adapter-error.ts';
import { filesDirectlyIn, walkFolder } from './walk-folder.ts';

/**
 * Sources of this machine: `file:///folder/` (every file below it), `file:///folder/*.jsonl`, `file:///folder/rows.csv`.
 * Every file is pinned by the sha256 of its bytes.
 */
export function createDirectorySource(): SourceReader {
  return { pin };
}

async function pin(source: SourceSpec): Promise<PinnedSource> {
  const pattern = parseSourcePattern(pathOf(source.uri));
  if (typeof pattern === 'string') throw sourceError(source.uri, { failure: 'InvalidSpec', why: pattern });
  try {
    const files: PinnedFile[] = [];
    for await (const path of matchingPaths(pattern)) files.push(await pinFile(path));
    if (files.length === 0) throw sourceError(source.uri, { why: await explainEmpty(pattern) });
    return { ...source, files: files.toSorted(byUri) };
  } catch (error) {
    throw readingError(error, source.uri);
  }
}

function pathOf(uri: string): string {
  if (!uri.startsWith('file:///'))
    throw sourceError(uri, { failure: 'InvalidSpec', why: 'it is not like file:///absolute/path' });
  if (/[?#]/u.test(uri)) throw sourceError(uri, { failure: 'InvalidSpec', why: 'write "?" as %3F and "#" as %23' });
  return fileURLToPath(uri);
}

async function* matchingPaths(pattern: SourcePattern): AsyncGenerator<string> {
  if (pattern.kind === 'exact') {
    yield* pathsAt(pattern.path);
    return;
  }
  const found = pattern.kind === 'tree' ? walkFolder(pattern.folder) : filesDirectlyIn(pattern.folder);
  const matches = pattern.kind === 'tree' ? isVisiblePath : pattern.matches;
  for await (const { path } of found) if (matches(path)) yield join(pattern.folder, path);
}

async function* pathsAt(path: string): AsyncGenerator<string> {
  if (await isFolder(path)) yield* matchingPaths({ kind: 'tree', folder: `${path}/` });
  else yield path;
}

function byUri(one: PinnedFile, other: PinnedFile): number {
  return Buffer.compare(Buffer.from(one.uri), Buffer.from(other.uri));
}

async function pinFile(path: string): Promise<PinnedFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    size += bytes.length;
  }
  return { uri: pathToFileURL(path).href, size, sha256: hash.digest('hex') };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function explainEmpty(pattern: SourcePattern): Promise<string> {
  const folder = pattern.kind === 'exact' ? pattern.path : pattern.folder;
  if (!(await isFolder(folder))) return `the folder ${folder} does not exist`;
  return pattern.kind === 'glob'
    ? `no file directly in ${folder} matches; end the uri with "/" to take every file below it`
    : `the folder ${folder} holds no file`;
}

function readingError(error: unknown, uri: string): AdapterError {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return sourceError(uri, { why: 'the file does not exist', cause: error });
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return sourceError(uri, { why: 'this user may not read it; give it the right to', cause: error });
  }
  return toAdapterError(error, `read the source ${uri}`);
}

interface SourceProblem {
  readonly failure?: FailureName;
  readonly why: string;
  readonly cause?: unknown;
}

function sourceError(uri: string, problem: SourceProblem): AdapterError {
  const { failure = 'MissingInput', why, cause } = problem;
  return new AdapterError(failure, `source ${uri}: ${why}`, { system: 'store', cause, details: { uri } });
}
