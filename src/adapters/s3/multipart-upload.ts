import type { CompletedPart, Part } from '@aws-sdk/client-s3';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import type { TransferOptions } from '../../ports/object-store.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import type { Bucket } from './bucket.ts';
import { addressOf, stoppedBy } from './bucket.ts';
import { crc32OfRange, readRange } from './crc32.ts';
import type { PlannedPart } from './part-plan.ts';
import { isS3Error, isTransient } from './to-adapter-error.ts';
import type { OpenUpload } from './unfinished-uploads.ts';
import { abortUpload, findUnfinishedUpload } from './unfinished-uploads.ts';
import { withRetries } from './with-retries.ts';

export interface FileUpload extends TransferOptions {
  readonly file: string;
  readonly key: string;
  readonly plan: readonly PlannedPart[];
}

/** How one try to upload ended: committed, an object was there first, or the server wants the upload begun anew. */
export type UploadOutcome = 'written' | 'lost' | 'restart';

/**
 * One try: goes on with an unfinished upload of the key (of a killed process) or begins one, sends the parts that are missing and
 * commits with `If-None-Match: *`. Whatever fails, the upload is aborted, so that no parts stay behind.
 */
export async function uploadInParts(
  bucket: Bucket,
  upload: FileUpload,
  { isLastTry }: { readonly isLastTry: boolean },
): Promise<UploadOutcome> {
  const open = (await findUnfinishedUpload(bucket, upload.key, upload.plan)) ?? (await createUpload(bucket, upload));
  try {
    const parts = await inParallel(upload.plan, bucket.parallelParts, (part) =>
      sendPart(bucket, upload, { open, part }),
    );
    await complete(bucket, upload, { id: open.id, parts });
    return 'written';
  } catch (error) {
    await abortUpload(bucket, addressOf(bucket, upload.key).Key, open.id).catch(() => undefined);
    upload.signal?.throwIfAborted();
    const outcome = outcomeOf(error);
    if (outcome === null || (isLastTry && isTransient(error))) throw error;
    return outcome;
  }
}

/**
 * A conflict may mean anything but success (S3: begin anew); an upload that is gone was ended by another writer of the key, and some
 * servers answer with an internal error while that one commits.
 */
function outcomeOf(error: unknown): UploadOutcome | null {
  if (isS3Error(error, 'PreconditionFailed', 412)) return 'lost';
  return isS3Error(error, 'NoSuchUpload', 'InvalidPart', 409) || isTransient(error) ? 'restart' : null;
}

async function createUpload(bucket: Bucket, upload: FileUpload): Promise<OpenUpload> {
  const created = await bucket.client.send(
    new CreateMultipartUploadCommand({ ...addressOf(bucket, upload.key), ChecksumAlgorithm: 'CRC32' }),
    stoppedBy(upload.signal),
  );
  return { id: created.UploadId ?? '', parts: new Map() };
}

async function sendPart(
  bucket: Bucket,
  upload: FileUpload,
  { open, part }: { readonly open: OpenUpload; readonly part: PlannedPart },
): Promise<CompletedPart> {
  upload.signal?.throwIfAborted();
  const checksum = await crc32OfRange(upload.file, part);
  const known = open.parts.get(part.number);
  if (known !== undefined && known.ChecksumCRC32 === checksum) return completedPart(known, checksum);
  const sent = await withRetries({ attempts: bucket.attempts, isRetryable: isTransient, signal: upload.signal }, () =>
    putPart(bucket, upload, { id: open.id, part, checksum }),
  );
  upload.onBytes?.(part.to - part.from);
  return completedPart({ PartNumber: part.number, ETag: sent }, checksum);
}

async function putPart(
  bucket: Bucket,
  upload: FileUpload,
  { id, part, checksum }: { readonly id: string; readonly part: PlannedPart; readonly checksum: string },
): Promise<string | undefined> {
  const body = readRange(upload.file, part);
  try {
    const command = new UploadPartCommand({
      ...addressOf(bucket, upload.key),
      UploadId: id,
      PartNumber: part.number,
      Body: body,
      ContentLength: part.to - part.from,
      ChecksumCRC32: checksum,
    });
    return (await bucket.client.send(command, stoppedBy(upload.signal))).ETag;
  } finally {
    body.destroy();
  }
}

function completedPart(part: Part, checksum: string): CompletedPart {
  return { PartNumber: part.PartNumber, ETag: part.ETag, ChecksumCRC32: checksum };
}

async function complete(
  bucket: Bucket,
  upload: FileUpload,
  { id, parts }: { readonly id: string; readonly parts: readonly CompletedPart[] },
): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    ...addressOf(bucket, upload.key),
    UploadId: id,
    IfNoneMatch: '*',
    MultipartUpload: { Parts: [...parts] },
  });
  await bucket.client.send(command, stoppedBy(upload.signal));
}
