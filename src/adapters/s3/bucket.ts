import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from './s3-client.ts';
import { createS3Client, parseS3Uri } from './s3-client.ts';

/** A prefix of a bucket and how transfers to it are cut. */
export interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly prefix: string;
  readonly rootUri: string;
  readonly minPartBytes: number;
  readonly parallelParts: number;
  readonly attempts: number;
}

const defaults = { minPartBytes: 16 * 1024 * 1024, parallelParts: 4, attempts: 5 };

export function openBucket(rootUri: string, options: S3Options): Bucket {
  const { bucket, path } = parseS3Uri(rootUri.replace(/\/+$/u, ''));
  return {
    client: createS3Client(options),
    bucket,
    prefix: path === '' ? '' : `${path}/`,
    rootUri: path === '' ? `s3://${bucket}` : `s3://${bucket}/${path}`,
    minPartBytes: options.minPartBytes ?? defaults.minPartBytes,
    parallelParts: options.parallelParts ?? defaults.parallelParts,
    attempts: options.maxAttempts ?? defaults.attempts,
  };
}

/** How a request names an object. */
export function addressOf(bucket: Bucket, key: string): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: bucket.bucket, Key: `${bucket.prefix}${key}` };
}

/** Options of `client.send` that stop it with the signal. */
export function stoppedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
