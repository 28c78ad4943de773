import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, fstatSync } from 'node:fs';
import type { ProcessIdentity } from '../contracts/stack-state.ts';
import { openLog } from './log-file.ts';
import { identifyProcess } from './process-marks.ts';
import type { ServerCommand } from './server-spec.ts';

/** One life of a server. */
export interface ServerProcess {
  readonly identity: ProcessIdentity;
  /** Size of the log when it was started. */
  readonly logOffset: number;
  /** Resolves when it has ended, in words: `exit 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
}

export interface LaunchOptions {
  readonly command: ServerCommand;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly logFile: string;
}

/**
 * Starts a server in a process group of its own, so that it and its children can be stopped together and a Ctrl-C at the terminal does
 * not reach it. It writes to its log by itself: a supervisor that dies takes nothing with it.
 */
export async function launchServer(options: LaunchOptions): Promise<ServerProcess> {
  const log = openLog(options.logFile);
  const logOffset = fstatSync(log).size;
  try {
    const child = spawn(options.command.file, options.command.args, {
      cwd: options.directory,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log, log],
    });
    const ended = endOf(child);
    return { identity: await identifyStarted(child, ended), logOffset, ended };
  } finally {
    closeSync(log);
  }
}

async function identifyStarted(child: ChildProcess, ended: Promise<string>): Promise<ProcessIdentity> {
  if (child.pid === undefined) throw new Error(`cannot start ${child.spawnfile}: ${await ended}`);
  return identifyProcess(child.pid).catch(async () => {
    throw new Error(`${child.spawnfile} ended at once: ${await ended}`);
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code ?? '?'}`));
  });
}
