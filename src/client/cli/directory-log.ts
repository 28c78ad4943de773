import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { WindlassError } from '../windlass-error.ts';
import type { ReadableLog } from './job-log.ts';

const chunkBytes = 64 * 1024;

/**
 * The log of a job of the `process` runner.
 * @throws WindlassError `NotFound` when this machine does not hold it
 */
export function openDirectoryLog(jobsDirectory: string, job: string): ReadableLog {
  const directory = join(jobsDirectory, job);
  const file = join(directory, 'log.txt');
  if (!existsSync(file))
    throw new WindlassError('NotFound', `this machine holds no log of job ${job}: ${file} is missing`);
  return {
    read: (offset) => readAt(file, offset),
    hasEnded: async () => existsSync(join(directory, 'exit.json')),
    pollIntervalMs: 300,
  };
}

async function readAt(file: string, offset: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
