import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('kubelab', import.meta.url));

/** What the controllers of JobSet and Kubeflow's trainer have in their modules: definitions of resources, and webhooks. */
const manifests = [
  ['sigs.k8s.io/jobset', 'config/components/crd/bases', 'crds'],
  ['sigs.k8s.io/jobset', 'config/components/webhook/manifests.yaml', 'webhooks/jobset.yaml'],
  ['github.com/kubeflow/trainer/v2', 'manifests/base/crds', 'crds'],
  ['github.com/kubeflow/trainer/v2', 'manifests/base/webhook/manifests.yaml', 'webhooks/trainer.yaml'],
] as const;

/** A folder with the program `kubelab`, and the `manifests` of the controllers that are in it. */
export interface Kubelab {
  readonly binary: string;
  readonly manifests: string;
}

/**
 * The program that holds etcd, the control plane, the kubelet and the controllers of JobSet and Kubeflow's trainer. Built once for each state
 * of its sources (ten minutes and 2 GB of Go's caches), outside the clone, so that clones share it.
 */
export function buildKubelab(): Kubelab {
  const folder = cacheFolder();
  const target = path.join(folder, 'kubelab');
  const kubelab = { binary: target, manifests: path.join(folder, 'manifests') };
  if (existsSync(target)) return kubelab;
  mkdirSync(folder, { recursive: true });
  const staging = mkdtempSync(path.join(folder, 'build-'));
  try {
    const built = path.join(staging, 'kubelab');
    const argv = ['build', '-trimpath', '-ldflags=-s -w', '-o', built, '.'];
    const { status } = spawnSync('go', argv, {
      cwd: sources,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`go build of ${sources} ended with ${String(status)}`);
    copyManifests(kubelab.manifests);
    renameSync(built, target);
    return kubelab;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function copyManifests(target: string): void {
  for (const [module, from, to] of manifests) {
    const found = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: sources, encoding: 'utf8' });
    if (found.status !== 0) throw new Error(`go list of ${module} ended with ${String(found.status)}: ${found.stderr}`);
    cpSync(path.join(found.stdout.trim(), from), path.join(target, to), { recursive: true });
  }
}

function cacheFolder(): string {
  const root = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).toSorted()) hash.update(readFileSync(path.join(sources, name)));
  return path.join(root, 'windlass', `kubelab-${hash.digest('hex').slice(0, 16)}`);
}
