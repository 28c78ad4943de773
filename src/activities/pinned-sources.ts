import type { Digest } from '../contracts/artifact.ts';
import { canonicalJson } from '../contracts/canonical-json.ts';
import type { JobRequest } from '../contracts/job.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { PinnedFile, PinnedSource, StoredSource } from '../contracts/run-spec.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { sha256Digest } from './sha256.ts';

/** Puts the list of a source's files under its digest: a source may be thousands of files, and a history must stay small. */
export async function storeSource(objects: ObjectStore, source: PinnedSource): Promise<StoredSource> {
  const { files, ...spec } = source;
  const bytes = new TextEncoder().encode(canonicalJson(files));
  const filesDigest = sha256Digest(bytes);
  await objects.putIfAbsent(filesKey(filesDigest), bytes);
  return { ...spec, filesDigest, fileCount: files.length };
}

/** The request with every file of its sources, as the job's document has it; a source that lists its files is left alone. @throws `NotFound` */
export async function withPinnedFiles(objects: ObjectStore, request: JobRequest): Promise<JobRequest> {
  const { sources } = request.parameters;
  if (request.stage !== 'prepare-data' || !Array.isArray(sources)) return request;
  const pinned = await Promise.all(
    sources.map(async (source: JsonValue) => (isStoredSource(source) ? pinnedSource(objects, source) : source)),
  );
  return { ...request, parameters: { ...request.parameters, sources: pinned } };
}

async function pinnedSource(objects: ObjectStore, source: JsonObject & StoredSource): Promise<JsonObject> {
  const { filesDigest, fileCount: _fileCount, ...spec } = source;
  const bytes = await objects.get(filesKey(filesDigest));
  const files = JSON.parse(new TextDecoder().decode(bytes)) as (JsonObject & PinnedFile)[];
  return { ...spec, files };
}

function isStoredSource(value: JsonValue): value is JsonObject & StoredSource {
  return typeof value === 'object' && value !== null && 'filesDigest' in value;
}

function filesKey(digest: Digest): string {
  return `sources/${digest.slice('sha256:'.length)}.json`;
}
