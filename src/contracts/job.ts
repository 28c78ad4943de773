import type { Artifact, ArtifactKind, ArtifactRef, Digest } from './artifact.ts';
import type { Failure, FailureName } from './failures.ts';
import type { JsonObject } from './json.ts';
import type { JobKind } from './stage.ts';

/** What a stage asks of a job: everything but where it runs. */
export interface JobRequest {
  readonly stage: JobKind;
  readonly runId: string;
  readonly stageKey: Digest;
  /** 1, 2, …: each attempt is a job of its own with an output prefix of its own. */
  readonly attempt: number;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  readonly parameters: JsonObject;
  readonly outputKind: ArtifactKind;
  /** Takes nothing of other runs, such as their training checkpoints, and its record takes the place of theirs. */
  readonly isolated?: true;
}

/** `WINDLASS_JOB`: docs/job-contract.md. */
export interface JobDocument {
  readonly schema: 'windlass.job/v1';
  readonly stage: JobKind;
  readonly contractVersion: number;
  readonly jobName: string;
  readonly runId: string;
  readonly stageKey: Digest;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  readonly parameters: JsonObject;
  readonly output: { readonly uri: string; readonly kind: ArtifactKind };
  readonly checkpoints?: string;
}

/** Names one started job; `id` is the runner's own identity of it (inode of its directory, UID of a Kubernetes Job). */
export interface JobHandle {
  readonly name: string;
  readonly id: string;
  readonly outputUri: string;
}

/** A started job, as who follows and who judges it needs it: not the whole request, which the history holds already. */
export interface StartedJob {
  readonly stage: JobKind;
  readonly stageKey: Digest;
  readonly handle: JobHandle;
  /** MLflow run that receives the job's metrics; absent: none are sent. */
  readonly trackingRunId?: string;
  /** Generation of the claim under which the work is done; released with its success. */
  readonly claim?: number;
  readonly isolated?: true;
  /** Seconds that it may run; absent: no bound. */
  readonly timeoutSeconds?: number;
  /** Seconds that it may run without a progress line; absent: no bound. */
  readonly stallSeconds?: number;
}

export interface EndedJob extends StartedJob {
  readonly end: JobEnd;
}

/** One fresh look at a job. */
export type JobState =
  | { readonly kind: 'queued'; readonly reason: string }
  | { readonly kind: 'running' }
  | ({ readonly kind: 'exited' } & JobExit)
  | ({ readonly kind: 'lost' } & JobLoss);

/** The job is over without an exit code that says why. */
export interface JobLoss {
  readonly reason: string;
  /** What it comes to, where the runner knows; absent: `JobLost`. */
  readonly failure?: FailureName;
}

export interface JobExit {
  readonly exitCode: number;
  /** Processes of the job were ended for want of memory: it failed, whatever its exit code says. */
  readonly outOfMemory?: true;
}

/** How a job ended, by exit code alone; the result document says more. */
export type JobEnd =
  | ({ readonly kind: 'exited'; readonly logTail: string } & JobExit)
  | ({ readonly kind: 'lost'; readonly logTail: string } & JobLoss)
  /** It ran longer than it may, and was stopped. */
  | { readonly kind: 'timed-out'; readonly timeoutSeconds: number; readonly logTail: string }
  /** It ran without a progress line for longer than it may, and was stopped. `progress`: what it said last. */
  | {
      readonly kind: 'stalled';
      readonly stallSeconds: number;
      readonly progress: string;
      readonly logTail: string;
    };

export interface JobProgress {
  readonly timeMs: number;
  readonly phase: string;
  readonly message: string;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly etaSeconds?: number;
  /** Non-finite numbers come as the strings `NaN`, `Infinity`, `-Infinity`. */
  readonly metrics?: Readonly<Record<string, number | string>>;
}

/** `result.json`: docs/job-contract.md. */
export type JobResult =
  | {
      readonly schema: 'windlass.result/v1';
      readonly status: 'succeeded';
      readonly artifact: Artifact;
      readonly summary: JsonObject;
      readonly metrics: Readonly<Record<string, number>>;
      readonly versions: Readonly<Record<string, string>>;
    }
  | { readonly schema: 'windlass.result/v1'; readonly status: 'failed'; readonly failure: Failure };

/** What a finished stage leaves behind; kept in the store under its stage key. */
export interface StageRecord {
  readonly stageKey: Digest;
  readonly artifact: Artifact;
  readonly summary: JsonObject;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The verdict over one job attempt. */
export type JobOutcome =
  | {
      readonly kind: 'succeeded';
      readonly record: StageRecord;
      /** Ids of the runs that waited for this work. */
      readonly sharedWith?: readonly string[];
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryable: boolean; readonly logTail: string };

/** Exit codes of jobs, after sysexits.h; all but 70 and 75 also name their failure in `result.json`. */
export const exitCodeFailures: Readonly<Record<number, FailureName>> = {
  64: 'InvalidConfig',
  65: 'InvalidData',
  66: 'MissingInput',
  67: 'CorruptArtifact',
  68: 'IncompatibleEnvironment',
  69: 'TrainingDiverged',
  70: 'JobCrashed',
  71: 'OutOfMemory',
  74: 'StorageFull',
  75: 'Preempted',
};
