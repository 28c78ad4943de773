import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KilledWorkerOptions } from './killed-worker.ts';

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const worker = fileURLToPath(new URL('killed-worker.ts', import.meta.url));

/** Plays the activities of a job in a process of its own. @returns its exit code, or the signal that ended it */
export async function runWorker(options: KilledWorkerOptions, killAfterMs?: number): Promise<number | string> {
  const child = spawn(node, [worker, JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  if (killAfterMs !== undefined) void delay(killAfterMs).then(() => child.kill('SIGKILL'));
  const [code, signal] = await ended;
  return code ?? signal ?? '';
}
