import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import { nodeIp } from './lab.ts';
import { labNamespace } from './namespace.ts';

/** Gives jobs the credentials of the store. */
export const storeSecret = 'windlass-store';

/** A real S3 server where pods reach it, with these buckets; jobs get its credentials by a Secret. */
export async function startClusterStore(admin: ApiClient, buckets: readonly string[]): Promise<VersitygwServer> {
  const store = await startVersitygw(nodeIp);
  for (const bucket of buckets) await store.makeBucket(bucket);
  const stringData = { AWS_ACCESS_KEY_ID: store.accessKey, AWS_SECRET_ACCESS_KEY: store.secretKey };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: storeSecret }, stringData };
  await admin({ method: 'POST', path: `/api/v1/namespaces/${labNamespace}/secrets`, body: secret });
  return store;
}
