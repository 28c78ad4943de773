import type { LogChunk, ProgressChunk } from '../../ports/job-runner.ts';
import { AdapterError } from '../errors.ts';
import { logIn, maxProgressBytes, parseProgress, progressIn, tailOf } from '../job-text.ts';
import type { JobApi } from './job-api.ts';
import { newestPod } from './observe-job.ts';
import type { JobRecords } from './job-records.ts';

interface PodLog {
  readonly api: JobApi;
  readonly jobUid: string;
}

/** The log of one job: its node has it while the pod is there, the store afterwards. */
export interface JobLog extends PodLog {
  readonly records: JobRecords;
  readonly jobName: string;
}

type LogQuery = Readonly<Record<string, string>>;

/** Enough lines for a tail that has other lines than progress in it. */
const linesForTail = '500';

export async function readProgressOf(log: JobLog, offset: number): Promise<ProgressChunk> {
  const { bytes, start } = unread(offset, await readLog(log, {}));
  return progressIn(bytes.subarray(0, maxProgressBytes), start);
}

export async function readLogOf(log: JobLog, offset: number, maxBytes: number): Promise<LogChunk> {
  const { bytes, start } = unread(offset, await readLog(log, {}));
  return logIn(bytes.subarray(0, maxBytes), start);
}

/** Without the progress lines, which a job writes into the same log and which say nothing about a failure. */
export async function readTailOf(log: JobLog): Promise<string> {
  const text = (await readLog(log, { tailLines: linesForTail })).toString('utf8');
  const lines = text.split('\n').filter((line) => parseProgress(line).length === 0);
  return tailOf(Buffer.from(lines.join('\n')));
}

/** What is left where the job has no pod any more was kept when it was removed. */
async function readLog(log: JobLog, query: LogQuery): Promise<Buffer> {
  const bytes = await readPodLog(log, query);
  return bytes ?? log.records.readLog(log.jobName);
}

/** What the node still has; null: there is no pod. A log that cannot be read now is no failure, for no verdict hangs on it. */
export async function readPodLog({ api, jobUid }: PodLog, query: LogQuery): Promise<Buffer | null> {
  const pod = newestPod(await api.listPods(jobUid));
  if (pod === undefined) return null;
  return api.readLog(pod.metadata.name, query).catch((error: unknown) => {
    if (error instanceof AdapterError && error.failure === 'Unavailable') return Buffer.alloc(0);
    throw error;
  });
}

/** What was not read yet. A node that has begun a new log file, because the old one was full, has less than was read before. */
function unread(offset: number, bytes: Buffer): { readonly bytes: Buffer; readonly start: number } {
  const start = offset > bytes.length ? 0 : offset;
  return { bytes: bytes.subarray(start), start };
}
