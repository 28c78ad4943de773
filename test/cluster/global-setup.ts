import type { TestProject } from 'vitest/node';
import { startCluster } from './cluster.ts';
import { buildKubelab } from './kubelab.ts';
import { prepareNamespaces } from './namespace.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly kubeconfig: string;
    readonly etcdUrl: string;
  }
}

/** One cluster for all tests, up before the first and down after the last. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const beginMs = performance.now();
  const cluster = await startCluster(buildKubelab());
  await prepareNamespaces(cluster.client);
  process.stdout.write(`cluster up after ${((performance.now() - beginMs) / 1000).toFixed(1)} s\n`);
  provide('kubeconfig', cluster.kubeconfig);
  provide('etcdUrl', cluster.etcdUrl);
  return () => cluster.down();
}
