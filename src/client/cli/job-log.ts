import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

import { pause } from '../outage.ts';
import { WindlassError } from '../windlass-error.ts';

export interface LogCopy {
  readonly jobsDirectory: string;
  readonly job: string;
  /** Go on until the job has written `exit.json`. */
  readonly follow: boolean;
  readonly output: NodeJS.WritableStream;
}

const pollIntervalMs = 300;
const chunkBytes = 64 * 1024;

/**
 * Copies the log of a job of the `process` runner.
 * @throws WindlassError `NotFound` when this machine does not hold it
 */
export async function copyLog({ jobsDirectory, job, follow, output }: LogCopy): Promise<void> {
  const directory = join(jobsDirectory, job);
  const file = join(directory, 'log.txt');
  if (!existsSync(file))
    throw new WindlassError('NotFound', `this machine holds no log of job ${job}: ${file} is missing`);
  let offset = 0;
  for (;;) {
    const hasEnded = !follow || existsSync(join(directory, 'exit.json'));
    offset = await copyFrom(file, offset, output);
    if (hasEnded) return;
    await pause(pollIntervalMs);
  }
}

async function copyFrom(file: string, offset: number, output: NodeJS.WritableStream): Promise<number> {
  const handle = await open(file);
  let next = offset;
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, next);
      if (bytesRead === 0) return next;
      await writeAll(output, buffer.subarray(0, bytesRead));
      next += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function writeAll(output: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  if (!output.writable) return finished(output);
  await new Promise<void>((resolve, reject) => {
    output.write(bytes, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}
