import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, signalProcess } from '../adapters/process/process-table.ts';
import type { ProcessIdentity } from '../contracts/stack-state.ts';

const pollMs = 50;
/** SIGKILL cannot be refused; only a process stuck in the kernel is still there after this. */
const killTimeoutMs = 10_000;

export interface StopOptions {
  readonly signal: 'SIGTERM' | 'SIGINT';
  /** SIGKILL after this. */
  readonly timeoutMs: number;
}

/** Ends processes in order, then by force. Returns those that even SIGKILL did not end. */
export async function stopProcesses(
  processes: readonly ProcessIdentity[],
  options: StopOptions,
): Promise<readonly ProcessIdentity[]> {
  await Promise.all(processes.map((entry) => signalIfAlive(entry, options.signal)));
  const stubborn = await waitForEnd(processes, options.timeoutMs);
  await Promise.all(stubborn.map((entry) => signalProcess(entry, 'SIGKILL')));
  return waitForEnd(stubborn, killTimeoutMs);
}

/** Returns those that are still alive after the time. */
export async function waitForEnd(
  processes: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<readonly ProcessIdentity[]> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const alive = await aliveOf(processes);
    if (alive.length === 0 || Date.now() >= deadlineMs) return alive;
    await delay(pollMs);
  }
}

async function aliveOf(processes: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> {
  const answers = await Promise.all(processes.map(isAlive));
  return processes.filter((_, index) => answers[index]);
}

async function signalIfAlive(entry: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(entry))) return;
  try {
    process.kill(entry.pid, signal);
  } catch (error) {
    if (await isAlive(entry)) throw error;
  }
}
