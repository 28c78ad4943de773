import type { FileHandle } from 'node:fs/promises';
import { Readable, addAbortSignal } from 'node:stream';

const bufferBytes = 1024 * 1024;

export interface WriteOptions {
  readonly position: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes that are in the file now and were not at the last call. */
  readonly onWritten: (bytes: number) => void;
}

/** Writes a response body to a place in a file, in larger pieces than those that come from the socket. */
export async function writeStream(body: unknown, output: FileHandle, options: WriteOptions): Promise<void> {
  if (!(body instanceof Readable)) throw new TypeError('the response has no body to read');
  if (options.signal) addAbortSignal(options.signal, body);
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let { position } = options;
  let filled = 0;
  const flush = async (): Promise<void> => {
    await writeAll(output, buffer.subarray(0, filled), position);
    position += filled;
    options.onWritten(filled);
    filled = 0;
  };
  for await (const chunk of body) {
    for (let rest = chunk as Uint8Array; rest.length > 0;) {
      const taken = rest.subarray(0, bufferBytes - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (filled === bufferBytes) await flush();
    }
  }
  if (filled > 0) await flush();
}

async function writeAll(output: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await output.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
