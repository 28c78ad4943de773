import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';

/** Where tests make their Jobs. */
export const labNamespace = 'windlass-jobs';
/** Where no pod may ask for a GPU. */
export const quotaNamespace = 'windlass-quota';
/** Where pods may not mount what is the node's. */
export const restrictedNamespace = 'windlass-restricted';
export const labAccount = 'windlass-job';

const namespaces = '/api/v1/namespaces';
const deployed = new URL('../../deploy/kubernetes/jobs-worker.yaml', import.meta.url);
const objectSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

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

/** With the accounts and rights of `deploy/`: the runner under test may do no more than a worker may. */
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
  const documents = parseAllDocuments(await readFile(deployed, 'utf8')).map((document) => document.toJS() as unknown);
  for (const document of documents) {
    const object = objectSchema.parse(document);
    const body = { ...object, metadata: { ...object.metadata, namespace: name } };
    await client({ method: 'POST', path: pathOf(object.kind, name), body });
  }
}

function pathOf(kind: string, namespace: string): string {
  if (kind === 'ServiceAccount') return `${namespaces}/${namespace}/serviceaccounts`;
  return `${rbac(namespace)}/${kind.toLowerCase()}s`;
}

export function rbac(namespace: string): string {
  return `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
}

function named(kind: string, name: string, apiVersion = 'v1'): Readonly<Record<string, unknown>> {
  return { apiVersion, kind, metadata: { name } };
}
