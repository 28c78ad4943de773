import { z } from 'zod';
import type { JobProgress } from '../contracts/job.ts';
import type { LogChunk, ProgressChunk } from '../ports/job-runner.ts';

const newline = 0x0a;
/** Read at once at most. */
export const maxProgressBytes = 1 << 20;
export const tailBytes = 4096;
const tailLines = 30;

const progressSchema = z.object({
  timeMs: z.number(),
  phase: z.string(),
  message: z.string(),
  step: z.number().exactOptional(),
  totalSteps: z.number().exactOptional(),
  etaSeconds: z.number().exactOptional(),
  metrics: z.record(z.string(), z.union([z.number(), z.string()])).exactOptional(),
});

/** Whole lines of what was read at `offset`; lines that are no progress are passed over, for a job may die while it writes one. */
export function progressIn(bytes: Buffer, offset: number): ProgressChunk {
  const wholeBytes = bytes.lastIndexOf(newline) + 1;
  const isOverlong = wholeBytes === 0 && bytes.length === maxProgressBytes;
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').flatMap(parseProgress);
  return { lines, nextOffset: offset + (isOverlong ? bytes.length : wholeBytes) };
}

/** Of the last bytes of what a job wrote. */
export function newestProgressIn(bytes: Buffer): JobProgress | null {
  return progressIn(bytes, 0).lines.at(-1) ?? null;
}

/** The text of what was read at `offset`; a character that is cut at the end is left for the next call. */
export function logIn(bytes: Buffer, offset: number): LogChunk {
  const whole = bytes.subarray(0, bytes.length - cutCharacterBytes(bytes));
  const chunk = whole.length === 0 ? bytes : whole;
  return { text: chunk.toString('utf8'), nextOffset: offset + chunk.length };
}

/** The last 30 lines, 4 KB at most, of the last bytes of a log. */
export function tailOf(bytes: Buffer): string {
  const last = bytes.subarray(Math.max(0, bytes.length - tailBytes));
  return last.subarray(firstCharacter(last)).toString('utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
}

export function parseProgress(line: string): readonly JobProgress[] {
  try {
    const parsed = progressSchema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

/** Bytes of an unfinished UTF-8 character at the end: 0 to 3. */
function cutCharacterBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return characterBytes(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** Where the first whole character begins. */
function firstCharacter(bytes: Uint8Array): number {
  return Math.max(
    0,
    bytes.findIndex((byte) => (byte & 0xc0) !== 0x80),
  );
}
