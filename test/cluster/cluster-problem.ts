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
  if (missing.length > 0) return `not installed: apt-get install --no-install-recommends ${missing.join(' ')}`;
  return firstForbidden();
}

/** A sandbox may have all programs and still forbid what they do. */
function firstForbidden(): string | null {
  const bridge = `wlprobe${process.pid % 1_000_000}`;
  const probes: Readonly<Record<string, string>> = {
    bridges: `ip link add ${bridge} type bridge && ip link del ${bridge}`,
    'mounts of its own': 'unshare --mount mount -t tmpfs none /mnt',
    containers: 'unshare --mount --pid --net --uts --ipc --fork true',
  };
  for (const [name, command] of Object.entries(probes)) {
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    if (status !== 0) return `it forbids ${name}: ${command}: ${stderr.trim()}`;
  }
  return null;
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
