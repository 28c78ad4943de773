import type { KubernetesJobsPlatform } from '../../src/contracts/platform.ts';
import { clusterPlatform } from '../../test/cluster/job-pods.ts';
import type { BenchCluster } from './bench-cluster.ts';

/** The script stands for the interpreter, so that a job costs the machine little. */
export function benchPlatform({
  kubeconfig,
  root,
  script,
}: Pick<BenchCluster, 'kubeconfig' | 'root' | 'script'>): KubernetesJobsPlatform {
  const usual = clusterPlatform(kubeconfig, root);
  const pod = {
    volumes: [{ name: 'bench', hostPath: { path: root } }],
    volumeMounts: [{ name: 'bench', mountPath: root, readOnly: true }],
  };
  return { ...usual, defaults: { ...usual.defaults, python: script, memory: '32Mi', pod } };
}
