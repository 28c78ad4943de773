import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs by the Debian package that brings them. */
const needed: Readonly<Record<string, string>> = {
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/bin/umoci': 'umoci',
  '/usr/sbin/ip': 'iproute2',
  '/usr/bin/busybox': 'busybox-static',
};
const lowestGoMinor = 26;

/** Why this machine cannot have a cluster of its own; null: it can. */
export function clusterProblem(): string | null {
  if (process.platform !== 'linux') return `a cluster needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a cluster needs root: containers, bridges, mounts';
  const packages = Object.entries(needed).flatMap(([program, name]) => (existsSync(program) ? [] : [name]));
  if (packages.length > 0) return `not installed: apt-get install --no-install-recommends ${packages.join(' ')}`;
  const { stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
  const minor = Number(/go1\.(\d+)/u.exec(stdout ?? '')?.[1] ?? 0);
  return minor < lowestGoMinor ? `building Kubernetes needs Go 1.${lowestGoMinor}` : null;
}
