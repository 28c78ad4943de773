import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { holdFile, pidFile } from './outage.ts';
import type { Program } from './programs.ts';

const killAfterMs = 10_000;
const restartMs = 200;

/** A program of the cluster that was started here. */
export interface RunningProgram {
  readonly name: string;
  /** The end of its log where it has ended before; null: it never has. */
  endedWith(): Promise<string | null>;
  stop(): Promise<void>;
}

/**
 * It does not outlive this process, whatever ends it. When it ends it is started again, as the programs of a cluster are: the controllers
 * do not outlive an API server that is away at the wrong moment. One that a test takes away waits until it is given back.
 */
export async function startProgram(program: Program, directory: string): Promise<RunningProgram> {
  const { name } = program;
  const stopping = new AbortController();
  let child = await spawnProgram(program, directory);
  let hasEnded = false;
  const keepRunning = async (): Promise<void> => {
    for (;;) {
      await once(child, 'exit', { signal: stopping.signal });
      hasEnded = true;
      await rm(pidFile(directory, name));
      do await delay(restartMs, undefined, { signal: stopping.signal });
      while (existsSync(holdFile(directory, name)));
      child = await spawnProgram(program, directory);
    }
  };
  const running = keepRunning().catch(() => {});
  return {
    name,
    endedWith: async () => (hasEnded ? `${name}: ${await endOfLog(name, directory)}` : null),
    stop: async () => {
      stopping.abort();
      await running;
      await stopChild(child);
    },
  };
}

async function spawnProgram({ name, command, args }: Program, directory: string): Promise<ChildProcess> {
  const log = await open(logFile(name, directory), 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    cwd: directory,
    // Ctrl-C in a terminal is for who holds the cluster, and takes it down while its programs still do their part.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  await log.close();
  await writeFile(pidFile(directory, name), String(child.pid));
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await ended;
  clearTimeout(force);
}

async function endOfLog(name: string, directory: string): Promise<string> {
  return (await readFile(logFile(name, directory), 'utf8')).slice(-2000);
}

function logFile(name: string, directory: string): string {
  return path.join(directory, `${name}.log`);
}
