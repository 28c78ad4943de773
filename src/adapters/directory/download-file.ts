import { createHash, randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DownloadOptions } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { cloneDurably, resumeCopy } from './copy-file.ts';
import { makeFolderDurably, syncFolder } from './durable-files.ts';
import { hasCode } from '../file-failures.ts';

/** Where an object is, where it goes, and how to call it in messages. */
export interface Download {
  readonly source: string;
  readonly file: string;
  readonly uri: string;
}

/**
 * Brings an object beside `file`, verifies it and renames it: as a reflink where the file system can, else as a copy under a name of
 * its sha256, which stays for the next call when it is interrupted. One that does not verify is removed, and copied anew once if it
 * had been resumed.
 */
export async function downloadFile(download: Download, options: DownloadOptions): Promise<void> {
  await checkSize(download, options.sizeBytes);
  await makeFolderDurably(dirname(download.file));
  const isDone = await downloadAsClone(download, options);
  if (!isDone) await downloadAsCopy(download, options);
}

async function downloadAsClone(download: Download, options: DownloadOptions): Promise<boolean> {
  const hash = createHash('sha256');
  const clone = `${download.file}.${randomUUID()}.part`;
  try {
    if (!(await cloneDurably(download.source, clone, { ...options, hash }))) return false;
    checkHash(download, options, hash.digest('hex'));
    await finish(clone, download.file, options.sizeBytes);
    return true;
  } finally {
    await rm(clone, { force: true });
  }
}

async function downloadAsCopy(download: Download, options: DownloadOptions): Promise<void> {
  const partial = `${download.file}.${options.sha256.slice(0, 16)}.part`;
  const isResumed = await isUsablePartial(partial, options.sizeBytes);
  const found = await copyHashed(download.source, partial, options);
  if (found === options.sha256) return finish(partial, download.file, options.sizeBytes);
  await rm(partial, { force: true });
  if (isResumed) return downloadAsCopy(download, options);
  checkHash(download, options, found);
}

function checkHash(download: Download, options: DownloadOptions, found: string): void {
  if (found !== options.sha256) throw corrupt(download.uri, `its sha256 is ${found}, expected ${options.sha256}`);
}

async function checkSize(download: Download, expectedBytes: number): Promise<void> {
  const { size } = await stat(download.source);
  if (size !== expectedBytes) throw corrupt(download.uri, `it has ${size} bytes, expected ${expectedBytes}`);
}

async function isUsablePartial(partial: string, sizeBytes: number): Promise<boolean> {
  try {
    if ((await stat(partial)).size <= sizeBytes) return true;
    await rm(partial, { force: true });
    return false;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function copyHashed(source: string, partial: string, options: DownloadOptions): Promise<string> {
  const hash = createHash('sha256');
  try {
    await resumeCopy(source, partial, { ...options, hash });
  } catch (error) {
    if (hasCode(error, 'ENOSPC', 'EDQUOT')) await rm(partial, { force: true });
    throw error;
  }
  return hash.digest('hex');
}

/** Another process that copied the same bytes may have renamed the shared partial file first. */
async function finish(partial: string, file: string, sizeBytes: number): Promise<void> {
  try {
    await rename(partial, file);
  } catch (error) {
    const there = await stat(file).catch(() => null);
    if (there?.size !== sizeBytes) throw error;
  }
  await syncFolder(dirname(file));
}

function corrupt(uri: string, what: string): AdapterError {
  return new AdapterError('CorruptArtifact', `${uri}: ${what}; restore or rebuild it`, {
    system: 'store',
    details: { uri },
  });
}
