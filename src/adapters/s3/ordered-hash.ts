import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from './crc32.ts';

const readBytes = 1024 * 1024;

/** sha256 of a file whose ranges arrive in any order: each is read back and hashed as soon as all before it are there. */
export interface OrderedHash {
  /** Says that a range is complete in the file. */
  add(range: ByteRange): void;
  /** Hex; to be called when all ranges were added. */
  digest(): Promise<string>;
}

export function createOrderedHash(file: FileHandle, ranges: readonly ByteRange[]): OrderedHash {
  const hash = createHash('sha256');
  const complete = new Set<number>();
  const queue = [...ranges];
  const drain = async (): Promise<void> => {
    for (let next = queue[0]; next !== undefined && complete.has(next.from); next = queue[0]) {
      queue.shift();
      for await (const bytes of readRange(file, next)) hash.update(bytes);
    }
  };
  let work = Promise.resolve();
  return {
    add(range): void {
      complete.add(range.from);
      work = work.then(drain);
      work.catch(() => undefined);
    },
    async digest(): Promise<string> {
      await work;
      return hash.digest('hex');
    },
  };
}

async function* readRange(file: FileHandle, range: ByteRange): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(readBytes);
  for (let position = range.from; position < range.to;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, range.to - position), position);
    if (bytesRead === 0) throw new Error(`the file ends at ${position}, before ${range.to}`);
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
