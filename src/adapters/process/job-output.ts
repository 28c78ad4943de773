import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { LogChunk, ProgressChunk } from '../../ports/job-runner.ts';
import type { JobProgress } from '../../contracts/job.ts';
import { logIn, maxProgressBytes, newestProgressIn, progressIn, tailBytes, tailOf } from '../job-text.ts';
import { errorCode } from './to-adapter-error.ts';

export async function readProgressChunk(file: string, offset: number): Promise<ProgressChunk> {
  return progressIn(await readBytes(file, offset, maxProgressBytes), offset);
}

export async function readLogChunk(file: string, offset: number, maxBytes: number): Promise<LogChunk> {
  return logIn(await readBytes(file, offset, maxBytes), offset);
}

export async function readNewestProgress(file: string): Promise<JobProgress | null> {
  return newestProgressIn(await readLast(file, maxProgressBytes));
}

export async function readLogTail(file: string): Promise<string> {
  return tailOf(await readLast(file, tailBytes));
}

async function readLast(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await openIfPresent(file);
  if (handle === null) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    return await readFrom(handle, Math.max(0, size - maxBytes), maxBytes);
  } finally {
    await handle.close();
  }
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
