import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { MarkedProcess } from '../../../src/stack/process-marks.ts';
import { findMarked } from '../../../src/stack/process-marks.ts';
import type { StackHome } from '../../../src/stack/stack-home.ts';
import { orEmpty } from '../or-empty.ts';

/** What the stack holds of the machine at one moment. */
export interface Resources {
  readonly processes: number;
  readonly handles: number;
  /** MiB by kind of process: both workers of a queue, all models of a Triton. */
  readonly memoryMib: Readonly<Record<string, number>>;
  /** MiB on disk by folder of the home. */
  readonly diskMib: Readonly<Record<string, number>>;
}

export async function readResources(home: StackHome): Promise<Resources> {
  const marked = (await findMarked(home.directory)).filter(({ isJob }) => !isJob);
  const byKind = Map.groupBy(marked, ({ server }) => server.replace('second-', ''));
  const memory = [...byKind].map(([kind, processes]) => [kind, sumOf(processes, residentMib)] as const);
  const folders = readdirSync(home.directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const disk = folders.map(({ name }) => [name, sizeMib(join(home.directory, name))] as const);
  return {
    processes: marked.length,
    handles: sumOf(marked, handlesOf),
    memoryMib: Object.fromEntries(memory),
    diskMib: Object.fromEntries(disk),
  };
}

function sumOf(processes: readonly MarkedProcess[], figure: (pid: number) => number): number {
  return processes.reduce((sum, { pid }) => sum + figure(pid), 0);
}

/** A process may end between two looks: it holds nothing then. */
function residentMib(pid: number): number {
  return orZero(() => {
    const kib = /^VmRSS:\s+(?<kib>\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.['kib'];
    return Number(kib ?? 0) / 1024;
  });
}

function handlesOf(pid: number): number {
  return orZero(() => readdirSync(`/proc/${pid}/fd`).length);
}

function sizeMib(folder: string): number {
  return diskBytes(folder) / 2 ** 20;
}

/** What disappears between two looks takes no room. */
export function diskBytes(folder: string): number {
  const entries = orEmpty(() => readdirSync(folder, { withFileTypes: true }));
  const sizes = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return diskBytes(path);
    return entry.isFile() ? orZero(() => statSync(path).blocks * 512) : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

function orZero(figure: () => number): number {
  try {
    return figure();
  } catch {
    return 0;
  }
}
