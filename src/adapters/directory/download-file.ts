import { createHash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DownloadOptions } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { copyDurably, resumeCopy } from './copy-file.ts';
import { makeFolderDurably, syncFolder } from './durable-files.ts';
import { hasCode } from '../file-failures.ts';

/** Where an object is, where it goes, and how to call it in messages. */
export interface Download {
  readonly source: string;
  readonly file: string;
  readonly uri: string;
}

/**
 * Copies an object beside `file` under a name of its sha256, verifies it and renames it. An unfinished copy stays for the next call;
 * one that does not verify is removed, and copied anew once if it had been resumed.
 */
export async function downloadFile(download: Download, options: DownloadOptions): Promise<void> {
  await checkSize(download, options.sizeBytes);
  await makeFolderDurably(dirname(download.file));
  const partial = `${download.file}.${options.sha256.slice(0, 16)}.part`;
  const isResumed = await isUsablePartial(partial, options.sizeBytes);
  const found = await copyHashed(download.source, partial, { ...options, isResumed });
  if (found === options.sha256) return finish(partial, download.file);
  await rm(partial, { force: true });
  if (isResumed) return downloadFile(download, options);
  throw corrupt(download.uri, `its sha256 is ${found}, expected ${options.sha256}`);
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

async function copyHashed(
  source: string,
  partial: string,
  options: DownloadOptions & { readonly isResumed: boolean },
): Promise<string> {
  const hash = createHash('sha256');
  const copy = options.isResumed ? resumeCopy : copyDurably;
  try {
    await copy(source, partial, { ...options, hash });
  } catch (error) {
    if (hasCode(error, 'ENOSPC', 'EDQUOT')) await rm(partial, { force: true });
    throw error;
  }
  return hash.digest('hex');
}

async function finish(partial: string, file: string): Promise<void> {
  await rename(partial, file);
  await syncFolder(dirname(file));
}

function corrupt(uri: string, what: string): AdapterError {
  return new AdapterError('CorruptArtifact', `${uri}: ${what}; restore or rebuild it`, {
    system: 'store',
    details: { uri },
  });
}
