import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createJobApi, jobsPath } from '../../src/adapters/kubernetes/job-api.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { startCluster } from '../../test/cluster/cluster.ts';
import { buildKubelab } from '../../test/cluster/kubelab.ts';
import { labNamespace, prepareNamespaces } from '../../test/cluster/namespace.ts';
import { pidFile } from '../../test/cluster/outage.ts';
import { processorMs } from './processes.ts';

/** A cluster of one node with eight GPUs, and a program of jobs that do next to nothing. */
export interface BenchCluster {
  readonly kubeconfig: string;
  /** As an administrator. */
  readonly client: ApiClient;
  /** Which pods see too: the script that each job runs is in it. */
  readonly root: string;
  readonly script: string;
  /** That the API server has taken so far. */
  serverProcessorMs(): Promise<number>;
  removeJobs(): Promise<void>;
  close(): Promise<void>;
}

const pollMs = 500;
const script = '#!/bin/busybox sh\nexec /bin/busybox sleep 1\n';

/** Null: one of its own, which is taken down again. */
export async function openBenchCluster(given: string | null): Promise<BenchCluster> {
  const own = given === null ? await startOwn() : null;
  const kubeconfig = given ?? own?.kubeconfig ?? '';
  const client = createApiClient(await serverOfKubeconfig(kubeconfig));
  const root = mkdtempSync(path.join(tmpdir(), 'windlass-bench-cluster-'));
  chmodSync(root, 0o755);
  writeFileSync(path.join(root, 'job.sh'), script, { mode: 0o755 });
  return {
    kubeconfig,
    client,
    root,
    script: path.join(root, 'job.sh'),
    serverProcessorMs: async () => serverProcessorMs(path.dirname(kubeconfig)),
    removeJobs: async () => removeJobs(client),
    close: async () => {
      await own?.down();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function startOwn(): ReturnType<typeof startCluster> {
  const cluster = await startCluster(buildKubelab());
  await prepareNamespaces(cluster.client);
  return cluster;
}

async function serverProcessorMs(directory: string): Promise<number> {
  return processorMs(Number(await readFile(pidFile(directory, 'kube-apiserver'), 'utf8')));
}

async function removeJobs(client: ApiClient): Promise<void> {
  const api = createJobApi(client, labNamespace);
  await client({ method: 'DELETE', path: jobsPath(labNamespace), body: { propagationPolicy: 'Foreground' } });
  while ((await api.listJobs()).length > 0) await delay(pollMs);
}
