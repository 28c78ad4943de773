import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';

import type { MarkedProcess } from '../../../src/stack/process-marks.ts';
import { findMarked, supervisorName } from '../../../src/stack/process-marks.ts';
import type { FiredFault } from '../faults/armed-faults.ts';
import { jobProcesses } from '../oracle/observe-run.ts';
import type { OutsideKind } from '../plan/fault.ts';
import { isOutside } from '../plan/fault.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import { persistently } from './persistently.ts';
import { isAtWork } from './process-state.ts';
import { holdsReplicaLock } from './replica-lock.ts';

const pollMs = 50;
const stopPollMs = 1;
/** Longer than every heartbeat timeout of a stage's activities (src/workflows/activity-profiles.ts). */
const stoppedMs = 20_000;

/** The hand of the harness: strikes from outside what workers have claimed, and wakes what it has stopped. */
export class Striker {
  readonly #stack: ChaosStack;
  readonly #client: Client;
  readonly #fired = new Map<string, FiredFault>();
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;

  constructor(stack: ChaosStack, client: Client) {
    this.#stack = stack;
    this.#client = client;
    this.#loop = this.#watch();
  }

  /** Every fault that has struck so far. */
  get fired(): readonly FiredFault[] {
    return [...this.#fired.values()];
  }

  firedAt(workflowIds: readonly string[]): readonly FiredFault[] {
    return this.fired.filter(({ workflowId }) => workflowIds.includes(workflowId));
  }

  /** The stopped deployer goes on with what it was about to do. */
  wakeZombie({ pid }: FiredFault): void {
    wake(pid);
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
    for (const { kind, pid } of this.fired) if (kind === 'stop' || kind === 'zombie') wake(pid);
  }

  /** One strike after the other: two hands that start the same stack would be in each other's way. */
  async #watch(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      for (const fault of this.#news()) await this.#follow(fault);
      await delay(pollMs);
    }
  }

  #news(): readonly FiredFault[] {
    const folder = join(this.#stack.files.directory, 'fired');
    const names = readdirSync(folder).filter((name) => !this.#fired.has(name));
    const found = names.flatMap((name) => parseFired(readFileSync(join(folder, name), 'utf8')) ?? []);
    for (const fault of found) this.#fired.set(`${fault.id}.json`, fault);
    return found;
  }

  async #follow(fault: FiredFault): Promise<void> {
    if (fault.kind === 'stop') setTimeout(() => wake(fault.pid), stoppedMs).unref();
    if (!isOutside(fault.kind)) return;
    await this.#strike(fault.kind, fault);
    writeFileSync(this.#stack.files.struck(fault.id), '');
  }

  async #strike(kind: OutsideKind, fired: FiredFault): Promise<void> {
    const victims = victimsOf[kind];
    if (victims !== undefined) await this.#kill(victims);
    if (kind === 'kill-supervisor' || kind === 'kill-tree') await persistently('up', async () => this.#stack.up());
    if (kind === 'kill-job') this.#signalJob(fired.job, 'SIGKILL');
    if (kind === 'term-job') this.#signalJob(fired.job, 'SIGTERM');
    if (kind === 'zombie') await stopWithoutLock(fired.pid);
    const run = this.#client.workflow.getHandle(fired.workflowId);
    if (kind === 'cancel') await persistently('cancel', async () => run.cancel());
    if (kind === 'zombie' || kind === 'terminate') await persistently('terminate', async () => run.terminate('chaos'));
  }

  async #kill(isVictim: (marked: MarkedProcess) => boolean): Promise<void> {
    const marked = await findMarked(this.#stack.home.directory);
    for (const { pid } of marked.filter(isVictim)) signal(pid, 'SIGKILL');
  }

  /** SIGTERM goes to the launcher alone, as a container gets it; kill -9 takes everything. */
  #signalJob(job: string | null, name: 'SIGKILL' | 'SIGTERM'): void {
    const pids = jobProcesses(this.#stack.home.jobs)
      .filter((entry) => entry.job === job)
      .map(({ pid }) => pid)
      .toSorted((one, other) => one - other);
    for (const pid of name === 'SIGTERM' ? pids.slice(0, 1) : pids) signal(pid, name);
  }
}

/** Whose processes a fault kills: a server with all that it started, or the whole stack at once. */
const victimsOf: Partial<Record<OutsideKind, (marked: MarkedProcess) => boolean>> = {
  'kill-temporal': ({ server }) => server === 'temporal',
  'kill-mlflow': ({ server }) => server === 'mlflow',
  'kill-triton': ({ server }) => server === 'triton-solo',
  'kill-store': ({ server }) => server === 'versitygw',
  'kill-workers': ({ server, isJob }) => server.endsWith('-worker') && !isJob,
  'kill-supervisor': ({ server }) => server === supervisorName,
  'kill-tree': () => true,
};

/** Null: it is being written. */
function parseFired(text: string): FiredFault | null {
  try {
    return JSON.parse(text) as FiredFault;
  } catch {
    return null;
  }
}

/** One that holds a replica's lock would keep the next deployer waiting, who is to come before it wakes up. */
async function stopWithoutLock(pid: number): Promise<void> {
  await stop(pid);
  while (holdsReplicaLock(pid)) {
    signal(pid, 'SIGCONT');
    await delay(pollMs);
    await stop(pid);
  }
}

/** A signal is only asked for: until it is obeyed, on a busy machine, a lock may be taken that a look has missed. */
async function stop(pid: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  while (isAtWork(pid)) await delay(stopPollMs);
}

function wake(pid: number): void {
  signal(pid, 'SIGCONT');
}

/** It may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
