import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 20;

/** Programs of the cluster that tests may take away. */
type Removable = 'kube-apiserver' | 'etcd';

/** Ends an outage. */
export type Mend = () => Promise<void>;

export function pidFile(directory: string, program: string): string {
  return path.join(directory, `${program}.pid`);
}

/** A program that ends while this file is there loses its pid file, and is started again only when this one is gone. */
export function holdFile(directory: string, program: string): string {
  return path.join(directory, `${program}.hold`);
}

/** Kills it, and has it started again: what it was asked is lost, connections are refused meanwhile. */
export async function takeAway(directory: string, program: Removable): Promise<Mend> {
  await writeFile(holdFile(directory, program), '');
  process.kill(await pidOf(directory, program), 'SIGKILL');
  while (existsSync(pidFile(directory, program))) await delay(pollMs);
  return async () => rm(holdFile(directory, program));
}

/** Stops it as a machine does that hangs: connections stay, and nothing comes. */
export async function freeze(directory: string, program: Removable): Promise<Mend> {
  const pid = await pidOf(directory, program);
  process.kill(pid, 'SIGSTOP');
  return async () => void process.kill(pid, 'SIGCONT');
}

async function pidOf(directory: string, program: Removable): Promise<number> {
  return Number(await readFile(pidFile(directory, program), 'utf8'));
}
