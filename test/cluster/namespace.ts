import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';

/** Where tests make their Jobs. */
export const labNamespace = 'windlass-jobs';
export const labAccount = 'windlass-job';

export async function prepareNamespace(client: ApiClient): Promise<void> {
  const namespaces = '/api/v1/namespaces';
  const accounts = `${namespaces}/${labNamespace}/serviceaccounts`;
  await client({ method: 'POST', path: namespaces, body: named('Namespace', labNamespace) });
  await client({ method: 'POST', path: accounts, body: named('ServiceAccount', labAccount) });
}

function named(kind: string, name: string): unknown {
  return { apiVersion: 'v1', kind, metadata: { name } };
}
