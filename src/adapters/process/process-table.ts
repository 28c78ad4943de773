import { readdir, readFile } from 'node:fs/promises';

/** A pid alone may be another process after a while: the start time (clock ticks since boot) tells. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

/** False also for a process that has ended and was not yet waited for by its parent. */
export async function isAlive(id: ProcessId): Promise<boolean> {
  const stat = await readStat(id.pid);
  return stat !== null && stat.startTicks === id.startTicks;
}

/**
 * Live processes whose environment holds `NAME=value`, children and grandchildren that left the process group included:
 * they inherit it. Processes of other users cannot be read and are none of ours.
 */
export async function findByEnvironment(entry: string): Promise<readonly ProcessId[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: ProcessId[] = [];
  for (const pid of pids) {
    if (!(await environmentHolds(pid, entry))) continue;
    const stat = await readStat(pid);
    if (stat !== null) found.push({ pid, startTicks: stat.startTicks });
  }
  return found;
}

/** Sends a signal to the process if it is still the one that is meant. */
export async function signalProcess(id: ProcessId, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if (await isAlive(id)) throw error;
  }
}

async function environmentHolds(pid: number, entry: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(entry);
}

async function readStat(pid: number): Promise<{ readonly startTicks: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? null : { startTicks: Number(fields[19]) };
}
