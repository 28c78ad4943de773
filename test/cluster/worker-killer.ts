import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StackState } from '../../src/contracts/stack-state.ts';
import { findInstallation } from '../../src/stack/installation.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';

const jobsWorker = fileURLToPath(new URL('../../dist/workers/jobs-worker.js', import.meta.url));

export interface WorkerKiller {
  /** Kills every jobs worker of the stack (`kill -9`) again and again until this is over. @returns how often */
  killUntil(over: Promise<unknown>): Promise<number>;
  stop(): void;
}

/**
 * The supervisor lets a worker that dies again and again wait, up to half a minute; a worker of the same configuration beside it, that is
 * back at once, takes the next kill.
 */
export function openWorkerKiller(
  stack: StackUnderTest,
  environment: Readonly<Record<string, string>>,
  random: () => number,
): WorkerKiller {
  let own = startWorker(stack, environment);
  const killAll = (): void => {
    for (const pid of [own.pid, supervisedPid(stack)]) if (pid !== undefined) killHard(pid);
    own = startWorker(stack, environment);
  };
  return {
    async killUntil(over) {
      const ended = new AbortController();
      void over.finally(() => ended.abort()).catch(() => undefined);
      let kills = 0;
      while (await livedOn(2_000 + 10_000 * random(), ended.signal)) {
        killAll();
        kills += 1;
      }
      return kills;
    },
    stop: () => void own.kill('SIGKILL'),
  };
}

async function livedOn(ms: number, ended: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal: ended }).catch(() => false);
}

function startWorker({ home }: StackUnderTest, environment: Readonly<Record<string, string>>): ChildProcess {
  const env = { ...process.env, ...environment, WINDLASS_PLATFORM: path.join(home, 'platform.json') };
  return spawn(findInstallation().node, [jobsWorker], { env, stdio: 'ignore' });
}

function supervisedPid({ home }: StackUnderTest): number | undefined {
  const { servers } = JSON.parse(readFileSync(path.join(home, 'state.json'), 'utf8')) as StackState;
  return servers.find(({ name }) => name === 'jobs-worker')?.process?.pid;
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was gone already.
  }
}
