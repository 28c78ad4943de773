import { readdir, readFile } from 'node:fs/promises';
import type { ProcessIdentity } from '../contracts/stack-state.ts';

/** Environment variable that every process of a stack carries, its children and grandchildren included: they inherit it. */
export const markVariable = 'WINDLASS_SERVER';

/** Name of the supervisor among the servers. */
export const supervisorName = 'supervisor';

export interface MarkedProcess extends ProcessIdentity {
  /** The server it belongs to; a job belongs to the jobs worker that started it. */
  readonly server: string;
  readonly isJob: boolean;
}

/** Value of {@link markVariable}: names the home too, so that stacks side by side do not touch each other. */
export function markOf(homeDirectory: string, server: string): string {
  return `${homeDirectory}#${server}`;
}

/**
 * All live processes of the stack of this home, whatever a state file says. Processes of other users cannot be read and are none of
 * ours; one that has ended but was not waited for is not alive.
 */
export async function findMarked(homeDirectory: string): Promise<readonly MarkedProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => readMarked(pid, homeDirectory)));
  return found.filter((entry) => entry !== null);
}

async function readMarked(pid: number, homeDirectory: string): Promise<MarkedProcess | null> {
  const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const mark = parseMark(environ, homeDirectory);
  const startTicks = mark === null ? null : await readStartTicks(pid);
  return mark === null || startTicks === null ? null : { pid, startTicks, ...mark };
}

/** What the environment block of a process says about it; null: none of this home's. */
export function parseMark(
  environ: string,
  homeDirectory: string,
): { readonly server: string; readonly isJob: boolean } | null {
  const entries = environ.split('\0');
  const prefix = `${markVariable}=${markOf(homeDirectory, '')}`;
  const entry = entries.find((candidate) => candidate.startsWith(prefix));
  if (entry === undefined) return null;
  return {
    server: entry.slice(prefix.length),
    isJob: entries.some((candidate) => candidate.startsWith('WINDLASS_JOB=')),
  };
}

/** Start of a live process in clock ticks since boot; null where it has ended. */
async function readStartTicks(pid: number): Promise<number | null> {
  return parseStartTicks(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

/** The command name before the numbers may hold spaces and parentheses itself. */
export function parseStartTicks(stat: string): number | null {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'Z' || state === 'X') return null;
  return Number(fields[18]);
}

/** @throws Error where the process has ended. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity> {
  const startTicks = await readStartTicks(pid);
  if (startTicks === null) throw new Error(`process ${pid} has ended`);
  return { pid, startTicks };
}
