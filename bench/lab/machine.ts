import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

import { findInstallation } from '../../src/stack/installation.ts';

/** Where figures were taken: they mean little without it. */
export interface MachineFacts {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly python: string;
  readonly temporal: string;
  /** Of the minute before the bench. */
  readonly load: number;
  readonly date: string;
}

export function machineFacts(): MachineFacts {
  const programs = findInstallation();
  const [first, ...others] = cpus();
  return {
    cores: others.length + 1,
    cpu: first?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    python: versionOf(programs.python, ['--version']),
    temporal: versionOf(programs.temporal, ['--version']),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    date: new Date().toISOString().slice(0, 10),
  };
}

function versionOf(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

export function machineLine(facts: MachineFacts): string {
  const { cores, cpu, memoryGiB, kernel, node, python, temporal, load, date } = facts;
  return `${date}: ${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${python}, ${temporal}; load before: ${load}`;
}
