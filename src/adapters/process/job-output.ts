import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { JobProgress } from '../../contracts/job.ts';
import type { LogChunk, ProgressChunk } from '../../ports/job-runner.ts';
import { errorCode } from './to-adapter-error.ts';

const newline = 0x0a;
const maxProgressBytes = 1 << 20;
const tailBytes = 4096;
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

/** Whole lines after `offset`; lines that are no progress are passed over, for a job may die while it writes one. */
export async function readProgressChunk(file: string, offset: number): Promise<ProgressChunk> {
  const bytes = await readBytes(file, offset, maxProgressBytes);
  const wholeBytes = bytes.lastIndexOf(newline) + 1;
  const isOverlong = wholeBytes === 0 && bytes.length === maxProgressBytes;
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').flatMap(parseProgress);
  return { lines, nextOffset: offset + (isOverlong ? bytes.length : wholeBytes) };
}

/** Log text after `offset`; a character that is cut at the end is left for the next call. */
export async function readLogChunk(file: string, offset: number, maxBytes: number): Promise<LogChunk> {
  const bytes = await readBytes(file, offset, maxBytes);
  const whole = bytes.subarray(0, bytes.length - cutCharacterBytes(bytes));
  const chunk = whole.length === 0 ? bytes : whole;
  return { text: chunk.toString('utf8'), nextOffset: offset + chunk.length };
}

/** The last 30 lines, 4 KB at most. */
export async function readLogTail(file: string): Promise<string> {
  const handle = await openIfPresent(file);
  if (handle === null) return '';
  try {
    const { size } = await handle.stat();
    const bytes = await readFrom(handle, Math.max(0, size - tailBytes), tailBytes);
    const start = size > tailBytes ? firstCharacter(bytes) : 0;
    return bytes.subarray(start).toString('utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
  } finally {
    await handle.close();
  }
}

function parseProgress(line: string): readonly JobProgress[] {
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

function firstCharacter(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
}

async function readBytes(file: string, offset: number, maxBytes: number): Promise<Buffer> {
  const handle = await openIfPresent(file);
  if (handle === null) return Buffer.alloc(0);
  try {
    return await readFrom(handle, offset, maxBytes);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, offset: number, maxBytes: number): Promise<Buffer> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - offset)));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
  return buffer.subarray(0, bytesRead);
}

async function openIfPresent(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
