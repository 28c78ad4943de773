import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { orEmpty } from '../or-empty.ts';

/** Whether a process is the only one that may change some replica now: it listens on the lock's name (src/adapters/triton/lock.ts). */
export function holdsReplicaLock(pid: number): boolean {
  const held = new Set(socketsOf(pid));
  return lockSockets(pid).some((inode) => held.has(inode));
}

function lockSockets(pid: number): readonly string[] {
  const lines = orEmpty(() => readFileSync(`/proc/${pid}/net/unix`, 'utf8').split('\n'));
  return lines.filter((line) => line.includes('@windlass-lock-')).map((line) => line.trim().split(/\s+/u)[6] ?? '');
}

function socketsOf(pid: number): readonly string[] {
  const names = orEmpty(() => readdirSync(`/proc/${pid}/fd`));
  return names.flatMap((name) => orEmpty(() => [inodeIn(readlinkSync(`/proc/${pid}/fd/${name}`))]));
}

/** `socket:[4711]` */
function inodeIn(link: string): string {
  return /^socket:\[(?<inode>\d+)\]$/u.exec(link)?.groups?.['inode'] ?? '';
}
