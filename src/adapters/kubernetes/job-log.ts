import type { JobProgress } from '../../contracts/job.ts';
import type { LogChunk, ProgressChunk } from '../../ports/job-runner.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { AdapterError } from '../errors.ts';
import {
  logIn,
  maxProgressBytes,
  newestProgressIn,
  parseProgress,
  progressIn,
  tailBytes,
  tailOf,
} from '../job-text.ts';
import type { JobApi } from './job-api.ts';
import type { LogArchive, LogEnd } from './log-archive.ts';
import { secondOf } from './log-resumption.ts';
import type { LogWriter } from './log-writer.ts';
import { createLogWriter } from './log-writer.ts';
import { leadingPod } from './job-pods.ts';
import type { ToldPod } from './told-pods.ts';
import { toldPod, toldPods } from './told-pods.ts';

/** The log of one job: what is in the archive, and after it what only the node of its leading pod has. */
export interface PodLog {
  readonly api: JobApi;
  readonly archive: LogArchive;
  readonly jobName: string;
  readonly jobUid: string;
  readonly metrics: Metrics;
}

/** A log, and who follows it now in this process; null: nobody. */
export interface JobLog extends PodLog {
  readonly writer: LogWriter | null;
}

/** Enough lines for a tail that has other lines than progress in it. */
const linesForTail = '500';
/** Enough for a progress line among what a job that says much else wrote last. */
const linesForProgress = '10000';
/** The same of what is kept. */
const bytesForTail = 16 * tailBytes;

export async function readProgressOf(log: JobLog, offset: number): Promise<ProgressChunk> {
  return progressIn(await readFrom(log, offset, maxProgressBytes), offset);
}

export async function readLogOf(log: JobLog, offset: number, maxBytes: number): Promise<LogChunk> {
  return logIn(await readFrom(log, offset, maxBytes), offset);
}

/** From the node alone: what is kept, and what is followed, may be behind. @throws AdapterError where it does not answer */
export async function readNewestProgressOf({ api, jobUid }: PodLog): Promise<JobProgress | null> {
  const pod = leadingPod(await api.listPods(jobUid));
  if (pod === undefined) return null;
  return newestProgressIn(await api.readLog(pod.metadata.name, { tailLines: linesForProgress }));
}

/** Without the progress lines, which a job writes into the same log and which say nothing about a failure. */
export async function readTailOf(log: JobLog): Promise<string> {
  const bytes = (await readPodTail(log)) ?? (await log.archive.readLast(log.jobName, bytesForTail));
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => parseProgress(line).length === 0);
  return tailOf(Buffer.from(lines.join('\n')));
}

/** One who goes on from where the archive ends; null: there is no pod that a log could come from. */
export async function openWriter(log: PodLog): Promise<OpenedWriter | null> {
  const pod = leadingPod(await log.api.listPods(log.jobUid));
  return pod === undefined ? null : openWriterOf(log, toldPod(pod));
}

async function openWriterOf({ archive, jobName, metrics }: PodLog, pod: ToldPod): Promise<OpenedWriter> {
  const end = await archive.endOf({ jobName, ...pod });
  return { writer: createLogWriter(archive, end, metrics), end };
}

/** Keeps all that the node has of the log of a job that has ended, or says in the log why it could not be had. */
export async function completeLog(log: PodLog): Promise<void> {
  for (const pod of toldPods(await log.api.listPods(log.jobUid))) await completeLogOf(log, pod);
}

async function completeLogOf(log: PodLog, pod: ToldPod): Promise<void> {
  for (;;) {
    const opened = await openWriterOf(log, pod);
    const problem = await takeRest(log.api, opened);
    if (problem !== null) opened.writer.note(`the rest of the log could not be read: ${problem}`);
    if (await opened.writer.store(true)) return;
  }
}

interface OpenedWriter {
  readonly writer: LogWriter;
  readonly end: LogEnd;
}

/** Gives a writer what the node has now. @returns why it has not; null: it has */
async function takeRest(api: JobApi, { writer, end }: OpenedWriter): Promise<string | null> {
  const since = secondOf(end.kept);
  const query = { timestamps: 'true', ...(since === null ? {} : { sinceTime: since }) };
  try {
    writer.accept(await api.readLog(end.source.pod, query));
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

async function readFrom(log: JobLog, offset: number, maxBytes: number): Promise<Buffer> {
  const live = log.writer?.unstored();
  if (live !== undefined && offset >= live.offset) return sliceOf(live.bytes, offset - live.offset, maxBytes);
  const kept = await log.archive.read(log.jobName, offset, maxBytes);
  const rest = kept.length >= maxBytes ? null : (live ?? (await readRest(log)));
  const reached = offset + kept.length;
  if (rest === null || rest.offset > reached) return kept.subarray(0, maxBytes);
  return sliceOf(Buffer.concat([kept, rest.bytes.subarray(reached - rest.offset)]), 0, maxBytes);
}

async function readRest(log: PodLog): Promise<ReturnType<LogWriter['unstored']> | null> {
  const opened = await openWriter(log);
  if (opened === null) return null;
  await takeRest(log.api, opened);
  return opened.writer.unstored();
}

function sliceOf(bytes: Buffer, at: number, maxBytes: number): Buffer {
  return bytes.subarray(at, at + maxBytes);
}

/** Of the last pod that tells; null: none can be asked. */
async function readPodTail({ api, jobUid }: PodLog): Promise<Buffer | null> {
  const last = toldPods(await api.listPods(jobUid)).at(-1);
  if (last === undefined) return null;
  return api.readLog(last.pod, { tailLines: linesForTail }).catch((error: unknown) => {
    problemOf(error);
    return null;
  });
}

/** A log that cannot be read is no failure, for no verdict hangs on it. */
function problemOf(error: unknown): string {
  if (error instanceof AdapterError) return error.message;
  throw error;
}
