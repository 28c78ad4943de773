import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isFields } from './merge-input.ts';

/** A run input or preset whose `./…` source uris are absolute, read relative to the file that holds them. */
export function resolveSourceUris(input: unknown, filePath: string): unknown {
  if (!isFields(input) || !isFields(input['data']) || !Array.isArray(input['data']['sources'])) return input;
  const written: readonly unknown[] = input['data']['sources'];
  const sources = written.map((source) =>
    isFields(source) && isRelative(source['uri']) ? { ...source, uri: absoluteUri(source['uri'], filePath) } : source,
  );
  return { ...input, data: { ...input['data'], sources } };
}

/** `./dir/*.jsonl` beside `/home/x/windlass.yaml` → `file:///home/x/dir/*.jsonl`. */
export function absoluteUri(uri: string, filePath: string): string {
  return isRelative(uri) ? pathToFileURL(resolve(dirname(filePath), uri)).href : uri;
}

function isRelative(uri: unknown): uri is string {
  return typeof uri === 'string' && /^\.{1,2}\//.test(uri);
}
