import type {
  ListMultipartUploadsCommandOutput,
  ListPartsCommandOutput,
  MultipartUpload,
  Part,
} from '@aws-sdk/client-s3';
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { UnfinishedWrite } from '../../ports/object-store.ts';
import type { Bucket } from './bucket.ts';
import { addressOf } from './bucket.ts';
import type { PlannedPart } from './part-plan.ts';
import { isS3Error } from './to-adapter-error.ts';

const staleAfterMs = 3 * 24 * 60 * 60 * 1000;

/** A multipart upload under way and what is already there of it. */
export interface OpenUpload {
  readonly id: string;
  readonly parts: ReadonlyMap<number, Part>;
}

/** The newest unfinished upload of exactly this key whose parts are cut as planned; null when there is none. */
export async function findUnfinishedUpload(
  bucket: Bucket,
  key: string,
  plan: readonly PlannedPart[],
): Promise<OpenUpload | null> {
  const { Key } = addressOf(bucket, key);
  const uploads = (await unfinishedUploads(bucket, Key)).filter((upload) => upload.Key === Key && isOurs(upload));
  for (const upload of uploads.toSorted(newestFirst)) {
    const parts = await listParts(bucket, upload);
    if (parts !== null && isCutAs(plan, parts)) return { id: upload.UploadId ?? '', parts };
  }
  return null;
}

/** Ends uploads below the root that nobody went on with for days: servers keep and charge for them for ever. */
export async function abortStaleUploads(bucket: Bucket): Promise<void> {
  for (const upload of await unfinishedUploads(bucket, bucket.prefix)) {
    if (Date.now() - startedMs(upload) > staleAfterMs)
      await abortUpload(bucket, upload.Key ?? '', upload.UploadId ?? '');
  }
}

/** Uploads below a prefix that nobody has completed yet, with the bytes that the server holds of them. */
export async function* findUnfinished(bucket: Bucket, prefix: string): AsyncGenerator<UnfinishedWrite> {
  for (const upload of await unfinishedUploads(bucket, `${bucket.prefix}${prefix}`)) {
    const parts = await listParts(bucket, upload);
    if (parts === null) continue;
    const sizeBytes = [...parts.values()].reduce((total, { Size = 0 }) => total + Size, 0);
    const key = (upload.Key ?? '').slice(bucket.prefix.length);
    yield { id: idOf(upload), key, sizeBytes, modifiedMs: newestMs(upload, parts) };
  }
}

/** `id` as {@link findUnfinished} gave it. */
export async function abortById(bucket: Bucket, id: string): Promise<void> {
  const cut = id.lastIndexOf(idMark);
  await abortUpload(bucket, id.slice(0, cut), id.slice(cut + idMark.length));
}

/** Frees what an upload holds; one that is gone already is no error. `fullKey` includes the prefix of the root. */
export async function abortUpload(bucket: Bucket, fullKey: string, id: string): Promise<void> {
  try {
    await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.bucket, Key: fullKey, UploadId: id }));
  } catch (error) {
    if (!isS3Error(error, 'NoSuchUpload', 404)) throw error;
  }
}

/** Credentials that may write but not list uploads just begin anew. */
async function unfinishedUploads(bucket: Bucket, prefix: string): Promise<readonly MultipartUpload[]> {
  const found: MultipartUpload[] = [];
  try {
    for await (const page of uploadPages(bucket, prefix)) found.push(...page);
  } catch (error) {
    if (!isS3Error(error, 'AccessDenied', 'NotImplemented', 501)) throw error;
  }
  return found;
}

async function* uploadPages(bucket: Bucket, prefix: string): AsyncGenerator<readonly MultipartUpload[]> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await bucket.client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket.bucket, Prefix: prefix, ...from }),
    );
    yield page.Uploads ?? [];
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    const isMore = IsTruncated === true && NextKeyMarker !== undefined;
    from = isMore ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker ?? '' } : undefined;
  }
}

/** Null when the upload ended while it was looked at. */
async function listParts(bucket: Bucket, upload: MultipartUpload): Promise<ReadonlyMap<number, Part> | null> {
  const parts = new Map<number, Part>();
  try {
    for await (const page of partPages(bucket, upload)) {
      for (const part of page) parts.set(part.PartNumber ?? 0, part);
    }
    return parts;
  } catch (error) {
    if (isS3Error(error, 'NoSuchUpload', 404)) return null;
    throw error;
  }
}

/** By hand: servers name a next marker on the last page too, on which the SDK's paginator never ends. */
async function* partPages(bucket: Bucket, upload: MultipartUpload): AsyncGenerator<readonly Part[]> {
  const { Key, UploadId } = upload;
  let marker: string | undefined = '0';
  while (marker !== undefined) {
    const page: ListPartsCommandOutput = await bucket.client.send(
      new ListPartsCommand({ Bucket: bucket.bucket, Key, UploadId, PartNumberMarker: marker }),
    );
    yield page.Parts ?? [];
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  }
}

function isCutAs(plan: readonly PlannedPart[], parts: ReadonlyMap<number, Part>): boolean {
  return [...parts].every(([number, part]) => {
    const planned = plan[number - 1];
    return planned !== undefined && part.Size === planned.to - planned.from;
  });
}

/** Begun as this adapter begins uploads: parts with other checksums could not be told from foreign ones. */
function isOurs(upload: MultipartUpload): boolean {
  return upload.ChecksumAlgorithm === 'CRC32';
}

const idMark = '?uploadId=';

function idOf({ Key = '', UploadId = '' }: MultipartUpload): string {
  return `${Key}${idMark}${UploadId}`;
}

/** An upload that somebody still sends parts of is as young as its newest part. */
function newestMs(upload: MultipartUpload, parts: ReadonlyMap<number, Part>): number {
  return Math.max(startedMs(upload), ...[...parts.values()].map(({ LastModified }) => LastModified?.getTime() ?? 0));
}

function newestFirst(one: MultipartUpload, other: MultipartUpload): number {
  return startedMs(other) - startedMs(one);
}

function startedMs(upload: MultipartUpload): number {
  return upload.Initiated?.getTime() ?? 0;
}
