import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';

export interface LockOptions {
  /** What is locked; equal keys exclude each other on this machine. */
  readonly key: string;
  /** For messages. */
  readonly what: string;
  readonly timeoutMs: number;
}

const retryMs = 25;

/**
 * Runs `work` while no other process of this machine, nor another caller in this one, holds the same key. The lock is a listening
 * socket in Linux's abstract name space: the kernel gives it back when the process dies, so it can never be left behind.
 * @throws AdapterError `Unavailable` when it is not free in time
 */
export async function withLock<Result>(options: LockOptions, work: () => Promise<Result>): Promise<Result> {
  const held = await acquire(options);
  try {
    return await work();
  } finally {
    held.close();
    await once(held, 'close');
  }
}

async function acquire({ key, what, timeoutMs }: LockOptions): Promise<Server> {
  const path = `\0windlass-lock-${createHash('sha256').update(key).digest('hex')}`;
  const giveUpMs = performance.now() + timeoutMs;
  for (;;) {
    const server = await tryListen(path);
    if (server !== null) return server;
    if (performance.now() > giveUpMs) throw busy(what, timeoutMs);
    await delay(retryMs);
  }
}

async function tryListen(path: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return null;
    throw error;
  }
}

function busy(what: string, timeoutMs: number): AdapterError {
  const seconds = Math.round(timeoutMs / 1000);
  return new AdapterError(
    'Unavailable',
    `${what} was being changed by another call for ${seconds} s; it is tried again`,
    {
      system: 'triton',
    },
  );
}
