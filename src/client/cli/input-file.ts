import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { RunInput } from '../../contracts/run-spec.ts';
import { UsageError } from './exit-status.ts';

/**
 * A run input from a file or (`-`) stdin; `./…` source uris are made absolute against the file's folder, an editor's `$schema` is
 * dropped. What it says is checked by the server.
 * @throws UsageError when it cannot be read or is no JSON
 */
export function readInputFile(file: string, cwd: string = process.cwd()): RunInput {
  const text = readText(file, cwd);
  const folder = file === '-' ? cwd : dirname(resolve(cwd, file));
  return withAbsoluteSources(parseJson(text, file), folder);
}

export function withAbsoluteSources(input: unknown, folder: string): RunInput {
  if (!isFields(input)) return input as RunInput;
  const { $schema: _editorOnly, ...fields } = input;
  const { data } = fields;
  if (!isFields(data) || !Array.isArray(data['sources'])) return fields as RunInput;
  const sources = data['sources'].map((source: unknown) => withAbsoluteUri(source, folder));
  return { ...fields, data: { ...data, sources } } as unknown as RunInput;
}

function withAbsoluteUri(source: unknown, folder: string): unknown {
  if (!isFields(source) || typeof source['uri'] !== 'string' || !/^\.{1,2}\//.test(source['uri'])) return source;
  return { ...source, uri: pathToFileURL(resolve(folder, source['uri'])).href };
}

function readText(file: string, cwd: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read the run input ${file}: ${reason}`, { cause });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the run input ${file} is no JSON: ${reason}`, { cause });
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
