import { readFile, stat } from 'node:fs/promises';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { isUnfinishedName, keyPrefixProblem, objectKeyProblem } from '../../contracts/object-key.ts';
import type { ObjectStore, StoredObject, TransferOptions, UnfinishedWrite } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import type { Bucket } from './bucket.ts';
import { addressOf, openBucket } from './bucket.ts';
import { downloadFile } from './download-file.ts';
import { uploadInParts } from './multipart-upload.ts';
import { planParts } from './part-plan.ts';
import { putObjectIfAbsent } from './put-object.ts';
import type { S3Options } from './s3-client.ts';
import { isS3Error, isTransient, toAdapterError } from './to-adapter-error.ts';
import { abortById, abortStaleUploads, findUnfinished } from './unfinished-uploads.ts';
import { withRetries } from './with-retries.ts';

const uploadTries = 5;

interface Asked {
  readonly verb: string;
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A prefix of an S3 bucket as object store. Commits rest on `If-None-Match: *` of PutObject and CompleteMultipartUpload; a server
 * that ignores it is not fit to be a store.
 * @param rootUri `s3://bucket` or `s3://bucket/prefix`; the bucket must exist.
 * @throws AdapterError `InvalidConfig` when it is not such a uri.
 */
export function createS3Store(rootUri: string, options: S3Options = {}): ObjectStore {
  const bucket = openBucket(rootUri, options);
  const cleaned = onceQuietly(() => abortStaleUploads(bucket));
  const act = <T>(asked: Asked, action: () => Promise<T>): Promise<T> => withKey(bucket, asked, action);
  return {
    rootUri: bucket.rootUri,
    putIfAbsent: (key, bytes) => act({ verb: 'write', key }, () => putObjectIfAbsent(bucket, { key, bytes })),
    get: (key) => act({ verb: 'read', key }, () => readObject(bucket, key)),
    stat: (key) => act({ verb: 'look at', key }, () => statObject(bucket, key)),
    list: (prefix) => listObjects(bucket, prefix),
    delete: (key) => act({ verb: 'delete', key }, () => deleteObject(bucket, key)),
    listUnfinished: (prefix) => listUnfinished(bucket, prefix),
    removeUnfinished: (id) => removeUnfinished(bucket, id),
    upload: (file, key, transfer = {}) =>
      act({ verb: `upload ${file} to`, key, signal: transfer.signal }, async () => {
        await cleaned();
        await uploadFile(bucket, { ...transfer, file, key });
      }),
    download: (key, file, transfer) =>
      act({ verb: 'download', key, signal: transfer.signal }, () => downloadFile(bucket, { ...transfer, key, file })),
  };
}

async function withKey<T>(bucket: Bucket, asked: Asked, action: () => Promise<T>): Promise<T> {
  const problem = objectKeyProblem(asked.key);
  if (problem !== null) throw badKey(asked.key, problem);
  try {
    asked.signal?.throwIfAborted();
    return await action();
  } catch (error) {
    asked.signal?.throwIfAborted();
    throw toAdapterError(error, `${asked.verb} ${bucket.rootUri}/${asked.key}`);
  }
}

async function readObject(bucket: Bucket, key: string): Promise<Uint8Array> {
  return withRetries({ attempts: bucket.attempts, isRetryable: isTransient, signal: undefined }, async () => {
    const { Body } = await bucket.client.send(new GetObjectCommand(addressOf(bucket, key)));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  });
}

async function statObject(bucket: Bucket, key: string): Promise<{ readonly sizeBytes: number } | null> {
  try {
    const head = await bucket.client.send(new HeadObjectCommand(addressOf(bucket, key)));
    return { sizeBytes: head.ContentLength ?? 0 };
  } catch (error) {
    if (isS3Error(error, 'NotFound', 'NoSuchKey')) return null;
    throw error;
  }
}

async function deleteObject(bucket: Bucket, key: string): Promise<void> {
  try {
    await bucket.client.send(new DeleteObjectCommand(addressOf(bucket, key)));
  } catch (error) {
    if (!isS3Error(error, 'NoSuchKey')) throw error;
  }
}

async function* listObjects(bucket: Bucket, prefix: string): AsyncGenerator<StoredObject> {
  const problem = keyPrefixProblem(prefix);
  if (problem !== null) throw badKey(prefix, problem);
  const asked = { Bucket: bucket.bucket, Prefix: `${bucket.prefix}${prefix}` };
  try {
    for await (const page of paginateListObjectsV2({ client: bucket.client }, asked)) yield* objectsOf(bucket, page);
  } catch (error) {
    throw toAdapterError(error, `list ${bucket.rootUri}/${prefix}`);
  }
}

function* objectsOf(bucket: Bucket, page: ListObjectsV2CommandOutput): Generator<StoredObject> {
  for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
    const key = Key.slice(bucket.prefix.length);
    if (isObject(key)) yield { key, sizeBytes: Size, modifiedMs: LastModified?.getTime() ?? Date.now() };
  }
}

async function* listUnfinished(bucket: Bucket, prefix: string): AsyncGenerator<UnfinishedWrite> {
  try {
    yield* findUnfinished(bucket, prefix);
  } catch (error) {
    throw toAdapterError(error, `list unfinished uploads of ${bucket.rootUri}/${prefix}`);
  }
}

async function removeUnfinished(bucket: Bucket, id: string): Promise<void> {
  try {
    await abortById(bucket, id);
  } catch (error) {
    throw toAdapterError(error, `abort upload ${id} of ${bucket.rootUri}`);
  }
}

/** Not a marker of an empty folder, nor a file that a job is still writing. */
function isObject(key: string): boolean {
  return !key.endsWith('/') && !key.split('/').some(isUnfinishedName);
}

interface UploadRequest extends TransferOptions {
  readonly file: string;
  readonly key: string;
}

async function uploadFile(bucket: Bucket, upload: UploadRequest): Promise<void> {
  const { size } = await stat(upload.file);
  for (let attempt = 1; attempt <= uploadTries; attempt += 1) {
    if ((await statObject(bucket, upload.key)) !== null) return;
    if (size <= bucket.minPartBytes) return uploadWhole(bucket, upload);
    const request = { ...upload, plan: planParts(size, bucket.minPartBytes) };
    if ((await uploadInParts(bucket, request, { isLastTry: attempt === uploadTries })) !== 'restart') return;
  }
  throw new AdapterError('Conflict', `other writers of ${bucket.rootUri}/${upload.key} kept on interfering`, {
    system: 'store',
  });
}

async function uploadWhole(bucket: Bucket, upload: UploadRequest): Promise<void> {
  const bytes = await readFile(upload.file);
  await putObjectIfAbsent(bucket, { key: upload.key, bytes, signal: upload.signal });
  upload.onBytes?.(bytes.length);
}

/** Housekeeping: done once, and what cannot be cleaned must not fail a write. */
function onceQuietly(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action().catch(() => undefined));
}

function badKey(key: string, problem: string): AdapterError {
  return new AdapterError('InvalidConfig', `"${key}" is no object key: ${problem}`, {
    system: 'store',
    details: { key },
  });
}
