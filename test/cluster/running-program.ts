import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Program } from './programs.ts';

const killAfterMs = 10_000;

/** A program of the cluster that was started here. */
export interface RunningProgram {
  readonly name: string;
  /** The end of its log where it has ended by itself; null: it runs. */
  endedWith(): Promise<string | null>;
  stop(): Promise<void>;
}

/** It does not outlive this process, whatever ends it. */
export async function startProgram({ name, command, args }: Program, directory: string): Promise<RunningProgram> {
  const file = path.join(directory, `${name}.log`);
  const log = await open(file, 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    cwd: directory,
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  await log.close();
  return {
    name,
    endedWith: async () => (child.exitCode === null ? null : `${name}: ${(await readFile(file, 'utf8')).slice(-2000)}`),
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(force);
    },
  };
}
