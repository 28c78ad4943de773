import { appendFile, readFile } from 'node:fs/promises';
import type { ByteRange } from './crc32.ts';

/** Which ranges of a partial file are complete; survives the process. A line cut short by a crash names no range of any plan. */
export interface RangeJournal {
  has(range: ByteRange): boolean;
  append(range: ByteRange): Promise<void>;
}

export async function openRangeJournal(path: string): Promise<RangeJournal> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = new Set(text.split('\n').slice(0, -1));
  return {
    has: (range) => lines.has(lineOf(range)),
    append: (range) => appendFile(path, `${lineOf(range)}\n`),
  };
}

function lineOf(range: ByteRange): string {
  return `${range.from}-${range.to}`;
}
