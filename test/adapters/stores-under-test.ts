import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { createS3Store } from '../../src/adapters/s3/object-store.ts';
import type { S3Options } from '../../src/adapters/s3/s3-client.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';

/** The least that S3 takes as a part, so that small files have several. */
export const partBytes = 5 * 1024 * 1024;

/** A store with an empty root, and ways past it. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** The same root, opened anew. */
  reopen(): ObjectStore;
  /** What another process needs to open it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file on this machine's disk in which the backend keeps an object. */
  fileOf(key: string): string;
  /** Unfinished files or uploads that the backend still holds. */
  leftovers(): Promise<readonly string[]>;
  /** A folder for the test's own files. */
  readonly scratch: string;
  remove(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export async function openDirectoryUnderTest(): Promise<StoreUnderTest> {
  const scratch = await mkdtemp(join(tmpdir(), 'windlass-store-'));
  const root = join(scratch, 'a root');
  const reopen = (): ObjectStore => createDirectoryStore(pathToFileURL(root).href);
  return {
    store: reopen(),
    reopen,
    environment: {},
    fileOf: (key) => join(root, key),
    leftovers: () => readdir(join(root, '.tmp')).catch(() => []),
    scratch,
    remove: () => rm(scratch, { recursive: true, force: true }),
  };
}

let buckets = 0;

export async function openS3UnderTest(server: VersitygwServer): Promise<StoreUnderTest> {
  const scratch = await mkdtemp(join(tmpdir(), 'windlass-store-'));
  buckets += 1;
  const bucket = `bucket-${process.pid}-${buckets}`;
  await server.makeBucket(bucket);
  const reopen = (): ObjectStore => createS3Store(`s3://${bucket}/some/root`, s3OptionsOf(server));
  return {
    store: reopen(),
    reopen,
    environment: server.environment,
    fileOf: (key) => join(server.directory, bucket, 'some/root', key),
    leftovers: () => unfinishedUploads(server, bucket),
    scratch,
    remove: () => rm(scratch, { recursive: true, force: true }),
  };
}

export function s3OptionsOf(server: VersitygwServer): S3Options {
  return {
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
    minPartBytes: partBytes,
  };
}

export function s3ClientOf(server: VersitygwServer): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
  });
}

async function unfinishedUploads(server: VersitygwServer, bucket: string): Promise<readonly string[]> {
  const client = s3ClientOf(server);
  const answer = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  client.destroy();
  return (answer.Uploads ?? []).map((upload) => upload.Key ?? '');
}

export async function makeParent(path: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  return path;
}
