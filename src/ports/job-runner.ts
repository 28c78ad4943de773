import type { JobDocument, JobHandle, JobProgress, JobState } from '../contracts/job.ts';

/**
 * Starts and watches jobs. A job outlives the worker that started it: nothing here ends a job but `remove`.
 * Failures are `AdapterError`s: `Unavailable`, `StorageFull`, `Conflict` (the name is taken by another document).
 */
export interface JobRunner {
  /** Starts the job, or adopts the one that already has this name and document: called any number of times, one job runs. */
  submit(document: JobDocument): Promise<JobHandle>;
  /** One fresh look. */
  inspect(handle: JobHandle): Promise<JobState>;
  /** How long the job has run; null: it has not begun, or nothing is known of it. The job's own record: no restart of a worker changes it. */
  timeOf(handle: JobHandle): Promise<JobClock | null>;
  /** Jobs that were submitted and not removed, whether they have ended or not. */
  list(): Promise<readonly StandingJob[]>;
  /**
   * Carries the log of a running job to where it outlives the job, until the signal; the next one goes on from there. Whatever goes wrong
   * with a log is no failure, but told. Where logs are kept without it, it returns at once.
   */
  keepLog(handle: JobHandle, keeping: LogKeepingOptions): Promise<void>;
  /** Progress lines after `offset` bytes; a line that is still being written is left for the next call. */
  readProgress(handle: JobHandle, offset: number): Promise<ProgressChunk>;
  /**
   * The newest of the last progress lines, asked for where the job runs, though they may not have reached `readProgress` yet; null: there is
   * none. @throws AdapterError where it cannot be asked, which says nothing about the job
   */
  newestProgress(handle: JobHandle): Promise<JobProgress | null>;
  /** Log bytes (stdout and stderr together) after `offset`. */
  readLog(handle: JobHandle, offset: number, maxBytes: number): Promise<LogChunk>;
  /** The last lines of the log, for failure messages. */
  logTail(handle: JobHandle): Promise<string>;
  /** Asks the job to stop (SIGTERM), then forces it, waits until it is gone, and frees what it held locally. Idempotent. */
  remove(handle: JobHandle): Promise<void>;
}

export interface LogKeepingOptions {
  readonly signal: AbortSignal;
  /** Why the log cannot be kept right now; once for trouble that lasts. */
  readonly onTrouble: (problem: string) => void;
}

export interface StandingJob {
  readonly handle: JobHandle;
  readonly runId: string;
  readonly state: JobState;
  /** What it does or waits for, in one of a few words: for figures. */
  readonly category: string;
  readonly submittedMs: number;
  readonly time: JobTime | null;
  /** That it asks for, and has for itself while it runs. */
  readonly gpus: number;
}

export interface JobTime {
  readonly startedMs: number;
  /** Null: it runs, or disappeared without a record. */
  readonly endedMs: number | null;
}

export interface JobClock extends JobTime {
  /** By the clock of the system that runs jobs. */
  readonly nowMs: number;
}

export interface ProgressChunk {
  readonly lines: readonly JobProgress[];
  readonly nextOffset: number;
}

export interface LogChunk {
  readonly text: string;
  readonly nextOffset: number;
}
