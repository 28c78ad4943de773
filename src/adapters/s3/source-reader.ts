import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { FailureName } from '../../contracts/failures.ts';
import type { PinnedFile, PinnedSource, SourceSpec } from '../../contracts/run-spec.ts';
import type { SourcePattern } from '../../contracts/source-pattern.ts';
import { isVisiblePath, parseSourcePattern } from '../../contracts/source-pattern.ts';
import type { SourceReader } from '../../ports/source-reader.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import type { S3Location, S3Options } from './s3-client.ts';
import { createS3Client, parseS3Uri } from './s3-client.ts';
import { isS3Error, isTransient, toAdapterError } from './to-adapter-error.ts';
import { withRetries } from './with-retries.ts';

const parallelObjects = 8;
const readAttempts = 5;

/**
 * Sources in S3: `s3://bucket/folder/` (every object below it), `s3://bucket/folder/*.jsonl`, `s3://bucket/rows.csv`. Objects of a
 * versioned bucket are pinned by version id, others by etag and the sha256 of their bytes, which are read for it.
 */
export function createS3Source(options: S3Options = {}): SourceReader {
  let client: S3Client | undefined;
  return { pin: (source) => pin((client ??= createS3Client(options)), source) };
}

async function pin(client: S3Client, source: SourceSpec): Promise<PinnedSource> {
  const { bucket, path } = parseS3Uri(source.uri);
  const pattern = parseSourcePattern(path);
  if (typeof pattern === 'string') throw sourceError(source.uri, { failure: 'InvalidSpec', why: pattern });
  try {
    const keys = await matchingKeys(client, bucket, pattern);
    if (keys.length === 0) throw sourceError(source.uri, { why: explainEmpty(bucket, pattern) });
    const files = await inParallel(keys, parallelObjects, (key) => pinObject(client, { bucket, path: key }));
    return { ...source, files };
  } catch (error) {
    throw readingError(error, source.uri);
  }
}

async function matchingKeys(client: S3Client, bucket: string, pattern: SourcePattern): Promise<readonly string[]> {
  if (pattern.kind === 'exact') return keysAt(client, bucket, pattern.path);
  const isGlob = pattern.kind === 'glob';
  const asked = { Bucket: bucket, Prefix: pattern.folder, ...(isGlob ? { Delimiter: '/' } : {}) };
  const matches = isGlob ? pattern.matches : isVisiblePath;
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, asked)) {
    for (const { Key = '' } of page.Contents ?? []) if (matches(Key.slice(pattern.folder.length))) keys.push(Key);
  }
  return keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

async function keysAt(client: S3Client, bucket: string, key: string): Promise<readonly string[]> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return [key];
  } catch (error) {
    if (isS3Error(error, 404)) return matchingKeys(client, bucket, { kind: 'tree', folder: `${key}/` });
    throw error;
  }
}

async function pinObject(client: S3Client, location: S3Location): Promise<PinnedFile> {
  const address = { Bucket: location.bucket, Key: location.path };
  const head = await client.send(new HeadObjectCommand(address));
  const file = {
    uri: `s3://${location.bucket}/${location.path}`,
    size: head.ContentLength ?? 0,
    ...(head.ETag === undefined ? {} : { etag: head.ETag.replaceAll('"', '') }),
  };
  if (head.VersionId !== undefined && head.VersionId !== 'null') return { ...file, versionId: head.VersionId };
  return { ...file, sha256: await sha256Of(client, { ...address, ...(head.ETag ? { IfMatch: head.ETag } : {}) }) };
}

/** `IfMatch` keeps size, etag and sha256 those of one and the same object. */
async function sha256Of(
  client: S3Client,
  asked: { readonly Bucket: string; readonly Key: string; readonly IfMatch?: string },
): Promise<string> {
  return withRetries({ attempts: readAttempts, isRetryable: isTransient, signal: undefined }, async () => {
    const { Body } = await client.send(new GetObjectCommand(asked));
    const hash = createHash('sha256');
    if (Body instanceof Readable) for await (const chunk of Body) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  });
}

function explainEmpty(bucket: string, pattern: SourcePattern): string {
  if (pattern.kind === 'exact') return `the bucket ${bucket} has no object and no folder of this name`;
  return pattern.kind === 'glob'
    ? `no object directly in "${pattern.folder}" matches; end the uri with "/" to take every object below it`
    : `no object lies below "${pattern.folder}"`;
}

function readingError(error: unknown, uri: string): AdapterError {
  if (isS3Error(error, 'NoSuchBucket')) return sourceError(uri, { why: 'the bucket does not exist', cause: error });
  if (isS3Error(error, 'AccessDenied')) {
    return sourceError(uri, { why: 'these credentials may not read it; give them the right to', cause: error });
  }
  if (isS3Error(error, 412))
    return sourceError(uri, { failure: 'Conflict', why: 'it was changed while it was read', cause: error });
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
