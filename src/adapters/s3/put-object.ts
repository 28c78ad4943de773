import { randomUUID } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { addressOf, stoppedBy } from './bucket.ts';
import { crc32OfBytes } from './crc32.ts';
import { isS3Error } from './to-adapter-error.ts';
import { withRetries } from './with-retries.ts';

const conflictAttempts = 12;

export interface SmallObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One conditional put (`If-None-Match: *`). Each call signs its object, so that a repeated request whose first answer was lost
 * recognises its own success. A 409 (another writer is under way) is tried again: it decides nothing.
 */
export async function putObjectIfAbsent(bucket: Bucket, object: SmallObject): Promise<boolean> {
  const writer = randomUUID();
  try {
    await withRetries(
      { attempts: conflictAttempts, isRetryable: (error) => isS3Error(error, 409), signal: object.signal },
      () => put(bucket, object, writer),
    );
    return true;
  } catch (error) {
    if (isS3Error(error, 412)) return isWrittenBy(bucket, object.key, writer);
    throw error;
  }
}

async function put(bucket: Bucket, object: SmallObject, writer: string): Promise<void> {
  const command = new PutObjectCommand({
    ...addressOf(bucket, object.key),
    Body: object.bytes,
    ContentLength: object.bytes.length,
    ChecksumCRC32: crc32OfBytes(object.bytes),
    IfNoneMatch: '*',
    Metadata: { 'windlass-writer': writer },
  });
  await bucket.client.send(command, stoppedBy(object.signal));
}

async function isWrittenBy(bucket: Bucket, key: string, writer: string): Promise<boolean> {
  try {
    const head = await bucket.client.send(new HeadObjectCommand(addressOf(bucket, key)));
    return head.Metadata?.['windlass-writer'] === writer;
  } catch (error) {
    if (isS3Error(error, 404)) return false;
    throw error;
  }
}
