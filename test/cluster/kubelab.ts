import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('kubelab', import.meta.url));

/** What the projects beside Kubernetes have in their modules: definitions of resources, and webhooks. */
const manifests = [
  ['sigs.k8s.io/jobset', 'config/components/crd/bases', 'jobs/crds'],
  ['sigs.k8s.io/jobset', 'config/components/webhook/manifests.yaml', 'jobs/webhooks/jobset.yaml'],
  ['github.com/kubeflow/trainer/v2', 'manifests/base/crds', 'jobs/crds'],
  ['github.com/kubeflow/trainer/v2', 'manifests/base/webhook/manifests.yaml', 'jobs/webhooks/trainer.yaml'],
  ['sigs.k8s.io/kueue', 'config/components/crd/bases', 'kueue/crds'],
  ['sigs.k8s.io/kueue', 'config/components/webhook/manifests.yaml', 'kueue/webhooks/kueue.yaml'],
] as const;

/** A folder with the programs `kubelab` and `kueue`, and the `manifests` of the controllers that are in them. */
export type Kubelab = string;

/**
 * The programs that hold etcd, the control plane, the kubelet, the controllers of JobSet and Kubeflow's trainer, and Kueue. Built once for each
 * state of their sources (ten minutes and 2 GB of Go's caches), outside the clone, so that clones share them.
 */
export function buildKubelab(): Kubelab {
  const root = cacheRoot();
  const target = path.join(root, `kubelab-${hashOfSources()}`);
  if (existsSync(target)) return target;
  mkdirSync(root, { recursive: true });
  const staging = mkdtempSync(path.join(root, 'kubelab-build-'));
  try {
    const argv = ['build', '-trimpath', '-ldflags=-s -w', '-o', `${staging}/`, '.', './kueue'];
    const { status } = spawnSync('go', argv, {
      cwd: sources,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`go build of ${sources} ended with ${String(status)}`);
    copyManifests(path.join(staging, 'manifests'));
    moveTo(target, staging);
    return target;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Unless another clone was faster. */
function moveTo(target: string, staging: string): void {
  try {
    renameSync(staging, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

function copyManifests(target: string): void {
  for (const [module, from, to] of manifests) {
    const found = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: sources, encoding: 'utf8' });
    if (found.status !== 0) throw new Error(`go list of ${module} ended with ${String(found.status)}: ${found.stderr}`);
    cpSync(path.join(found.stdout.trim(), from), path.join(target, to), { recursive: true });
  }
}

function cacheRoot(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'windlass');
}

/** Of this file too, for it says what is built. */
function hashOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' }).toSorted())
    if (path.extname(name) !== '') hash.update(readFileSync(path.join(sources, name)));
  return hash.digest('hex').slice(0, 16);
}
