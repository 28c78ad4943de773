import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs by the Debian package that brings them. */
const needed: Readonly<Record<string, string>> = {
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/sbin/iptables': 'iptables',
  '/usr/bin/umoci': 'umoci',
  '/usr/sbin/ip': 'iproute2',
  '/usr/bin/busybox': 'busybox-static',
};
const lowestGoMinor = 26;
const aptGet = '/usr/bin/apt-get';

/** Why this machine cannot have a cluster of its own; null: it can. Debian packages are installed where they are missing. */
export function clusterProblem(): string | null {
  if (process.platform !== 'linux') return `a cluster needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a cluster needs root: containers, bridges, mounts';
  if (goMinor() < lowestGoMinor) return `building Kubernetes needs Go 1.${lowestGoMinor}`;
  if (missingPackages().length > 0) installPackages(missingPackages());
  const missing = missingPackages();
  return missing.length === 0 ? null : `not installed: apt-get install --no-install-recommends ${missing.join(' ')}`;
}

function goMinor(): number {
  const { stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
  return Number(/go1\.(\d+)/u.exec(stdout ?? '')?.[1] ?? 0);
}

function missingPackages(): readonly string[] {
  return Object.entries(needed).flatMap(([program, name]) => (existsSync(program) ? [] : [name]));
}

function installPackages(names: readonly string[]): void {
  if (!existsSync(aptGet)) return;
  process.stdout.write(`cluster: installing ${names.join(', ')} with apt-get\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...names]])
    spawnSync(aptGet, ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 300_000 });
}
