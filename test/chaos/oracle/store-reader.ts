import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  S3Client,
} from '@aws-sdk/client-s3';

/** The object store by its own means, not by the project's adapters. */
export interface StoreReader {
  /** Null: there is none. */
  read(uri: string): Promise<Uint8Array | null>;
  /** Everything that is there, unfinished files included. */
  keys(): Promise<readonly string[]>;
  /** Uploads that were begun and neither finished nor given up. */
  unfinishedUploads(): Promise<readonly string[]>;
}

export function openStoreReader(rootUri: string, environment: Readonly<Record<string, string>>): StoreReader {
  return rootUri.startsWith('s3:') ? bucketReader(rootUri, environment) : directoryReader(fileURLToPath(rootUri));
}

function directoryReader(root: string): StoreReader {
  return {
    read: async (uri) => {
      try {
        return readFileSync(fileURLToPath(uri));
      } catch {
        return null;
      }
    },
    keys: async () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    unfinishedUploads: async () => [],
  };
}

function bucketReader(rootUri: string, environment: Readonly<Record<string, string>>): StoreReader {
  const { hostname: bucket } = new URL(rootUri);
  const client = new S3Client({
    endpoint: environment['AWS_ENDPOINT_URL'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    forcePathStyle: true,
  });
  return {
    read: async (uri) => readObject(client, bucket, new URL(uri).pathname.slice(1)),
    keys: async () => listAll(client, bucket),
    unfinishedUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.map(({ Key }) => Key ?? '');
    },
  };
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<Uint8Array | null> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? null;
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

async function listAll(client: S3Client, bucket: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let token: string | undefined; ;) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, ...(token === undefined ? {} : { ContinuationToken: token }) }),
    );
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    token = page.NextContinuationToken;
    if (token === undefined) return keys;
  }
}
