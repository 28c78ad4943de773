import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';

/** Where tests make their Jobs. */
export const labNamespace = 'windlass-jobs';
/** Where no pod may ask for a GPU. */
export const quotaNamespace = 'windlass-quota';
/** Where pods may not mount what is the node's. */
export const restrictedNamespace = 'windlass-restricted';
export const labAccount = 'windlass-job';

const namespaces = '/api/v1/namespaces';

export async function prepareNamespaces(client: ApiClient): Promise<void> {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await prepareNamespace(client, labNamespace, {});
  await prepareNamespace(client, quotaNamespace, {});
  await prepareNamespace(client, restrictedNamespace, restricted);
  const quota = { ...named('ResourceQuota', 'gpus'), spec: { hard: { 'requests.nvidia.com/gpu': '0' } } };
  await client({ method: 'POST', path: `${namespaces}/${quotaNamespace}/resourcequotas`, body: quota });
  const urgent = { ...named('PriorityClass', 'urgent', 'scheduling.k8s.io/v1'), value: 1000 };
  await client({ method: 'POST', path: '/apis/scheduling.k8s.io/v1/priorityclasses', body: urgent });
}

async function prepareNamespace(
  client: ApiClient,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await client({
    method: 'POST',
    path: namespaces,
    body: { ...named('Namespace', name), metadata: { name, labels } },
  });
  const account = named('ServiceAccount', labAccount);
  await client({ method: 'POST', path: `${namespaces}/${name}/serviceaccounts`, body: account });
}

function named(kind: string, name: string, apiVersion = 'v1'): Readonly<Record<string, unknown>> {
  return { apiVersion, kind, metadata: { name } };
}
