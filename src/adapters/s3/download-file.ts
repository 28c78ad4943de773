import type { FileHandle } from 'node:fs/promises';
import { constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { DownloadOptions } from '../../ports/object-store.ts';
import { AdapterError } from '../errors.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import type { Bucket } from './bucket.ts';
import { addressOf, stoppedBy } from './bucket.ts';
import type { PlannedPart } from './part-plan.ts';
import { planParts } from './part-plan.ts';
import { openRangeJournal } from './range-journal.ts';
import { createOrderedHash } from './ordered-hash.ts';
import { isS3Error, isTransient } from './to-adapter-error.ts';
import { withRetries } from './with-retries.ts';
import { writeStream } from './write-stream.ts';

export interface FileDownload extends DownloadOptions {
  readonly key: string;
  readonly file: string;
}

/**
 * Fetches ranges in parallel into a file beside `file`, hashes them in order while they arrive, verifies and renames. What is there
 * of an earlier try (its journal says which ranges) is not fetched again; if the whole then does not verify, all is fetched anew once.
 */
export async function downloadFile(bucket: Bucket, download: FileDownload): Promise<void> {
  await checkSize(bucket, download);
  await mkdir(dirname(download.file), { recursive: true });
  const partial = `${download.file}.${download.sha256.slice(0, 16)}.part`;
  const { sha256, isResumed } = await fetchHashed(bucket, download, partial);
  if (sha256 === download.sha256) return finish(partial, download);
  await removePartial(partial);
  if (isResumed) return downloadFile(bucket, download);
  throw corrupt(bucket, download, `its sha256 is ${sha256}, expected ${download.sha256}`);
}

async function checkSize(bucket: Bucket, download: FileDownload): Promise<void> {
  const head = await bucket.client.send(
    new HeadObjectCommand(addressOf(bucket, download.key)),
    stoppedBy(download.signal),
  );
  const found = head.ContentLength ?? 0;
  if (found !== download.sizeBytes) {
    throw corrupt(bucket, download, `it has ${found} bytes, expected ${download.sizeBytes}`);
  }
}

interface Fetched {
  readonly sha256: string;
  readonly isResumed: boolean;
}

async function fetchHashed(bucket: Bucket, download: FileDownload, partial: string): Promise<Fetched> {
  const output = await open(partial, constants.O_RDWR | constants.O_CREAT);
  try {
    return await fetchRanges(bucket, download, { output, journalPath: journalOf(partial) });
  } catch (error) {
    if (isS3Error(error, 'NoSuchKey', 404)) await removePartial(partial);
    throw error;
  } finally {
    await output.close();
  }
}

async function fetchRanges(
  bucket: Bucket,
  download: FileDownload,
  { output, journalPath }: { readonly output: FileHandle; readonly journalPath: string },
): Promise<Fetched> {
  const ranges = planParts(download.sizeBytes, bucket.minPartBytes);
  const journal = await openRangeJournal(journalPath);
  const hash = createOrderedHash(output, ranges);
  const missing = ranges.filter((range) => !journal.has(range));
  for (const range of ranges) if (journal.has(range)) hash.add(range);
  await inParallel(missing, bucket.parallelParts, async (range) => {
    await fetchRange(bucket, download, { output, range });
    await journal.append(range);
    hash.add(range);
  });
  await output.sync();
  return { sha256: await hash.digest(), isResumed: missing.length < ranges.length };
}

/** A body that breaks off is asked for again from where it broke. */
async function fetchRange(
  bucket: Bucket,
  download: FileDownload,
  { output, range }: { readonly output: FileHandle; readonly range: PlannedPart },
): Promise<void> {
  let { from } = range;
  const onWritten = (bytes: number): void => {
    from += bytes;
    download.onBytes?.(bytes);
  };
  await withRetries({ attempts: bucket.attempts, isRetryable: isTransient, signal: download.signal }, async () => {
    const command = new GetObjectCommand({
      ...addressOf(bucket, download.key),
      Range: `bytes=${from}-${range.to - 1}`,
    });
    const { Body } = await bucket.client.send(command, stoppedBy(download.signal));
    await writeStream(Body, output, { position: from, signal: download.signal, onWritten });
    if (from < range.to) throw Object.assign(new Error('the body ended early'), { name: 'IncompleteBody' });
  });
}

/** Another process that fetched the same bytes may have renamed the shared partial file first. */
async function finish(partial: string, download: FileDownload): Promise<void> {
  try {
    await rename(partial, download.file);
  } catch (error) {
    const there = await stat(download.file).catch(() => null);
    if (there?.size !== download.sizeBytes) throw error;
  }
  await rm(journalOf(partial), { force: true });
}

async function removePartial(partial: string): Promise<void> {
  await rm(journalOf(partial), { force: true });
  await rm(partial, { force: true });
}

function journalOf(partial: string): string {
  return `${partial}.ranges`;
}

function corrupt(bucket: Bucket, download: FileDownload, what: string): AdapterError {
  const uri = `${bucket.rootUri}/${download.key}`;
  return new AdapterError('CorruptArtifact', `${uri}: ${what}; restore or rebuild it`, {
    system: 'store',
    details: { uri },
  });
}
