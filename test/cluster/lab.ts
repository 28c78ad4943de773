import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../servers/free-port.ts';
import type { Kubelab } from './kubelab.ts';

/** What a cluster has of the machine. */
export interface Lab {
  readonly directory: string;
  /** Its programs. */
  readonly kubelab: Kubelab;
  readonly ports: { readonly api: number; readonly etcd: number; readonly peers: number; readonly kubelet: number };
}

/** A node's address must not be of the loopback: API server and kubelet listen on a bridge of their own. */
export const nodeIp = '10.87.0.1';
export const nodeName = 'lab';
const nodeBridge = 'wlnode0';
export const podBridge = 'wlpods0';
export const podSubnet = '10.88.0.0/24';

/**
 * One cluster at a time: kubelets share the machine's cgroups, and end what they do not know there. The kernel lets one make a bridge of
 * a name; its alias says for which process, so that one that was killed holds it no longer.
 * @throws Error when another one has it, or this machine makes no bridges
 */
export async function claimLab(kubelab: Kubelab): Promise<Lab> {
  if (await isLeftBehind()) removeBridges();
  if (!ip('link', 'add', nodeBridge, 'type', 'bridge'))
    throw new Error(`cannot make the bridge ${nodeBridge}: another cluster is up, or this machine does not allow it`);
  ip('link', 'set', nodeBridge, 'alias', String(process.pid));
  ip('addr', 'add', `${nodeIp}/24`, 'dev', nodeBridge);
  ip('link', 'set', nodeBridge, 'up');
  const directory = await mkdtemp(path.join(tmpdir(), 'windlass-cluster-'));
  await mkdir(path.join(directory, 'cni'));
  const ports = { api: await freePort(), etcd: await freePort(), peers: await freePort(), kubelet: await freePort() };
  return { directory, kubelab, ports };
}

async function isLeftBehind(): Promise<boolean> {
  const alias = await readFile(`/sys/class/net/${nodeBridge}/ifalias`, 'utf8').catch(() => null);
  return alias !== null && !existsSync(`/proc/${alias.trim() || 'none'}`);
}

export function removeBridges(): void {
  for (const bridge of [podBridge, nodeBridge]) ip('link', 'del', bridge);
}

function ip(...argv: readonly string[]): boolean {
  return spawnSync('ip', argv, { stdio: 'ignore' }).status === 0;
}
