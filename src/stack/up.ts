import { spawn } from 'node:child_process';
import { closeSync, mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { StackState } from '../contracts/stack-state.ts';
import { findInstallation } from './installation.ts';
import { openLog } from './log-file.ts';
import { readLogTail } from './log-tail.ts';
import { findMarked, markOf, markVariable, supervisorName } from './process-marks.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';
import { logFile } from './stack-home.ts';
import { readState } from './state-file.ts';
import { chooseSupervisor, stopStack } from './stop-stack.ts';

const pollMs = 150;

export interface UpOptions {
  readonly home: StackHome;
  /** A start that fails is undone; a stack that was running before is left as it is. */
  readonly stopOnFailure: boolean;
  /** Called with every state that was read while waiting. */
  readonly onState: (state: StackState) => void;
}

/** True where this home's supervisor runs, whatever the state file says. */
export async function isRunning(home: StackHome): Promise<boolean> {
  return chooseSupervisor(await findMarked(home.directory)) !== null;
}

/** Starts the detached supervisor, with its output in its log. */
export function startSupervisor(home: StackHome, platformFile: string | undefined): void {
  mkdirSync(home.logs, { recursive: true });
  const installation = findInstallation();
  const log = openLog(home.supervisorLog);
  const platform = platformFile === undefined ? [] : ['--platform', platformFile];
  const child = spawn(installation.node, [installation.stackMain, 'supervise', '--home', home.directory, ...platform], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, [markVariable]: markOf(home.directory, supervisorName) },
  });
  child.unref();
  closeSync(log);
}

/**
 * Waits until every server is ready.
 * @throws StackError where the supervisor ends or a server keeps failing; the message has the end of the log that tells why.
 */
export async function waitForStack(options: UpOptions): Promise<StackState> {
  for (;;) {
    const alive = await isRunning(options.home);
    const state = await currentState(options.home);
    if (state !== null) options.onState(state);
    if (state?.phase === 'ready') return state;
    const failed = state?.servers.find((server) => server.phase === 'failed');
    if (failed !== undefined) throw await giveUp(options, failed.name);
    if (!alive) throw await giveUp(options, supervisorName);
    await delay(pollMs);
  }
}

/** The state that the living supervisor wrote; one of a dead supervisor is history. */
async function currentState(home: StackHome): Promise<StackState | null> {
  const state = readState(home.stateFile);
  const supervisor = chooseSupervisor(await findMarked(home.directory));
  return state !== null && supervisor?.pid === state.supervisor.pid ? state : null;
}

async function giveUp({ home, stopOnFailure }: UpOptions, server: string): Promise<StackError> {
  if (stopOnFailure) await stopStack(home);
  const consequence = stopOnFailure ? 'so the stack was stopped again' : 'the other servers run on';
  const file = logFile(home, server);
  return new StackError(`${server} does not start, ${consequence}; ${file} ends with:\n${readLogTail(file)}`);
}
