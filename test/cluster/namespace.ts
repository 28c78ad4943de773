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
const deployed = ['jobs-worker.yaml', 'jobs-worker-kinds.yaml', 'jobs-network.yaml'].map(
  (name) => new URL(`../../deploy/kubernetes/${name}`, import.meta.url),
);
const objectSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

export async function prepareNamespaces(client: ApiClient): Promise<void> {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const deployment = await readDeployed();
  await prepareNamespace(client, { name: labNamespace, labels: {}, deployment });
  await prepareNamespace(client, { name: quotaNamespace, labels: {}, deployment });
  await prepareNamespace(client, { name: restrictedNamespace, labels: restricted, deployment });
  const quota = { ...named('ResourceQuota', 'gpus'), spec: { hard: { 'requests.nvidia.com/gpu': '0' } } };
  await client({ method: 'POST', path: `${namespaces}/${quotaNamespace}/resourcequotas`, body: quota });
  const urgent = { ...named('PriorityClass', 'urgent', 'scheduling.k8s.io/v1'), value: 1000 };
  await client({ method: 'POST', path: '/apis/scheduling.k8s.io/v1/priorityclasses', body: urgent });
}

type DeployedObject = z.infer<typeof objectSchema>;

async function readDeployed(): Promise<readonly DeployedObject[]> {
  const texts = await Promise.all(deployed.map(async (file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => objectSchema.parse(document.toJS())));
}

interface LabNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly deployment: readonly DeployedObject[];
}

/** With the accounts, rights and network policy of `deploy/`: the runner under test may do no more than a worker may. */
async function prepareNamespace(client: ApiClient, { name, labels, deployment }: LabNamespace): Promise<void> {
  await client({
    method: 'POST',
    path: namespaces,
    body: { ...named('Namespace', name), metadata: { name, labels } },
  });
  for (const object of deployment) {
    const body = { ...object, metadata: { ...object.metadata, namespace: name } };
    await client({ method: 'POST', path: pathOf(object.kind, name), query: { fieldValidation: 'Strict' }, body });
  }
}

function pathOf(kind: string, namespace: string): string {
  if (kind === 'ServiceAccount') return `${namespaces}/${namespace}/serviceaccounts`;
  if (kind === 'NetworkPolicy') return `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
  return `${rbac(namespace)}/${kind.toLowerCase()}s`;
}

export function rbac(namespace: string): string {
  return `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
}

function named(kind: string, name: string, apiVersion = 'v1'): Readonly<Record<string, unknown>> {
  return { apiVersion, kind, metadata: { name } };
}
