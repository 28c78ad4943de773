import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('kubelab', import.meta.url));

/**
 * The program that holds etcd, the control plane and the kubelet. Built once for each state of its sources (ten minutes and 2 GB of Go's
 * caches), outside the clone, so that clones share it.
 */
export function buildKubelab(): string {
  const folder = cacheFolder();
  const target = path.join(folder, 'kubelab');
  if (existsSync(target)) return target;
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
    renameSync(built, target);
    return target;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  const root = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(path.join(sources, name)));
  return path.join(root, 'windlass', `kubelab-${hash.digest('hex').slice(0, 16)}`);
}
