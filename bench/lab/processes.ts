import { readFile } from 'node:fs/promises';

/** Of Linux, on every machine that Windlass runs on. */
const msPerTick = 10;

/** Resident memory of a process now, in MiB. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/mu.exec(status)?.[1]) / 1024);
}

/** Processor time that a process has taken so far, with that of its children that have ended. */
export async function processorMs(pid: number): Promise<number> {
  return ticksMs(pid, 11);
}

/** As {@link processorMs}, of ended children alone. */
export async function childrenMs(pid: number): Promise<number> {
  return ticksMs(pid, 13);
}

/** Fields 14 to 17 of `proc_pid_stat(5)` are utime, stime, cutime, cstime; counted here from the third on. */
async function ticksMs(pid: number, from: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(from, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
}
