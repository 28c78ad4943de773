import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import { nodeIp } from './lab.ts';
import { labNamespace } from './namespace.ts';

/** A real S3 server where pods reach it. */
export interface ClusterStore extends VersitygwServer {
  /** Name of the Secret that gives jobs its credentials. */
  readonly secret: string;
}

/** With these buckets. Each store has a Secret of its own, for there may be several in one cluster. */
export async function startClusterStore(admin: ApiClient, buckets: readonly string[]): Promise<ClusterStore> {
  const store = await startVersitygw(nodeIp);
  for (const bucket of buckets) await store.makeBucket(bucket);
  const stringData = { AWS_ACCESS_KEY_ID: store.accessKey, AWS_SECRET_ACCESS_KEY: store.secretKey };
  const name = `windlass-store-${randomUUID()}`;
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
  await admin({ method: 'POST', path: `/api/v1/namespaces/${labNamespace}/secrets`, body: secret });
  return { ...store, secret: name };
}
