import { finished } from 'node:stream/promises';

import { pause } from '../outage.ts';

/** The log of one job, wherever it is. */
export interface ReadableLog {
  /** What the job wrote, from an offset in bytes on: some of it, or nothing where there is no more. */
  read(offset: number): Promise<Uint8Array>;
  /** Once it is true, all of the log can be read. */
  hasEnded(): Promise<boolean>;
  /** Between two looks at a log that grows. */
  readonly pollIntervalMs: number;
}

export interface LogCopy {
  readonly log: ReadableLog;
  /** Go on until the job has ended. */
  readonly follow: boolean;
  readonly output: NodeJS.WritableStream;
}

export async function copyLog({ log, follow, output }: LogCopy): Promise<void> {
  let offset = 0;
  for (;;) {
    const isLast = !follow || (await log.hasEnded());
    offset = await copyFrom(log, offset, output);
    if (isLast) return;
    await pause(log.pollIntervalMs);
  }
}

async function copyFrom(log: ReadableLog, offset: number, output: NodeJS.WritableStream): Promise<number> {
  for (let next = offset; ;) {
    const bytes = await log.read(next);
    if (bytes.length === 0) return next;
    await writeAll(output, bytes);
    next += bytes.length;
  }
}

async function writeAll(output: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  if (!output.writable) return finished(output);
  await new Promise<void>((resolve, reject) => {
    output.write(bytes, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}
