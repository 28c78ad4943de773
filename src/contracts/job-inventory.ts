import type { JobState } from './job.ts';

/** A job that stands, as people are shown it. */
export interface JobRow {
  readonly name: string;
  readonly runId: string;
  readonly stage: string;
  readonly attempt: number;
  readonly state: JobState['kind'];
  /** Why it waits or was lost, or its exit code; empty while it runs. */
  readonly note: string;
  /** ISO 8601: since when it is in that state. */
  readonly since: string;
  readonly gpus: number;
  /** GPUs × running time. */
  readonly gpuHours: number;
  /** Its run is not open any more: nobody waits for it. */
  readonly isOrphan: boolean;
}

export interface RemovedJob {
  readonly name: string;
  /** Why it is still there; null: it is gone. */
  readonly problem: string | null;
}

/** The jobs that stood, and what was done about the orphans among them. */
export interface JobsReport {
  /** Oldest first. */
  readonly jobs: readonly JobRow[];
  /** Null: it was only looked at. */
  readonly removed: readonly RemovedJob[] | null;
}

export interface ReapJobsInput {
  readonly dryRun: boolean;
}
