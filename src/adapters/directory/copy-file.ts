import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { copyFile, open, rm } from 'node:fs/promises';
import type { TransferOptions } from '../../ports/object-store.ts';
import { hasCode } from '../file-failures.ts';

const chunkBytes = 1024 * 1024;

/** What goes along with the bytes of a copy. */
export interface CopyOptions extends TransferOptions {
  /** Gets every byte of the source, in order. */
  readonly hash?: Hash;
}

/**
 * Copies a file and fsyncs it: as a reflink where the file system can share blocks, else streamed through one buffer.
 * The target must not exist; what is there after a failure is for the caller to resume or remove.
 */
export async function copyDurably(source: string, target: string, options: CopyOptions): Promise<void> {
  options.signal?.throwIfAborted();
  if (!(await cloneDurably(source, target, options))) await streamFile(source, target, options);
}

/** A reflink: no bytes are moved, only read for the hash. False, with nothing left behind, where the file system has none. */
export async function cloneDurably(source: string, target: string, options: CopyOptions): Promise<boolean> {
  if (!(await isCloned(source, target))) return false;
  await hashFile(target, options);
  return true;
}

/**
 * Copies what is missing at the end of `target`; the bytes that are there are hashed only. Several may do so at a time: they write
 * the same bytes to the same places.
 */
export async function resumeCopy(source: string, target: string, options: CopyOptions): Promise<void> {
  const output = await open(target, constants.O_RDWR | constants.O_CREAT);
  try {
    const { hash, signal } = options;
    const fromBytes = await pump(output, null, { hash, signal, onBytes: undefined, fromBytes: 0 });
    await appendFrom(source, output, { ...options, fromBytes });
  } finally {
    await output.close();
  }
}

async function isCloned(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOSPC', 'EEXIST')) throw error;
    await rm(target, { force: true });
    return false;
  }
}

async function hashFile(path: string, options: CopyOptions): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    await pump(handle, null, { ...options, fromBytes: 0 });
  } finally {
    await handle.close();
  }
}

async function streamFile(source: string, target: string, options: CopyOptions): Promise<void> {
  const output = await open(target, 'wx');
  try {
    await appendFrom(source, output, { ...options, fromBytes: 0 });
  } finally {
    await output.close();
  }
}

interface PumpOptions {
  readonly hash?: Hash | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly fromBytes: number;
}

async function appendFrom(source: string, output: FileHandle, options: PumpOptions): Promise<void> {
  const input = await open(source, 'r');
  try {
    await pump(input, output, options);
    await output.sync();
  } finally {
    await input.close();
  }
}

/** Reads to the end from an offset, feeding hash and output; gives the offset it ended at. */
async function pump(input: FileHandle, output: FileHandle | null, options: PumpOptions): Promise<number> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = options.fromBytes;
  for (;;) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await input.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) return position;
    const chunk = buffer.subarray(0, bytesRead);
    options.hash?.update(chunk);
    if (output !== null) await writeAll(output, chunk, position);
    position += bytesRead;
    options.onBytes?.(bytesRead);
  }
}

/** A short write (a full disk, a signal) is gone on with; the next one then throws. */
async function writeAll(output: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await output.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}
