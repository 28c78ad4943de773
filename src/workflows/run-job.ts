import { CancellationScope, log, sleep } from '@temporalio/workflow';

import type { Failure } from '../contracts/failures.ts';
import type { JobHandle, JobOutcome, JobRequest, StageRecord, StartedJob } from '../contracts/job.ts';
import { jobControl, jobWatch } from './activity-profiles.ts';
import { failWith } from './failure-of.ts';

/** Attempts that end with a retryable failure; being preempted is free of charge. */
const maxFailedAttempts = 3;
const maxPreemptions = 100;
const retryDelaySeconds = 5;

export interface JobRun {
  readonly record: StageRecord;
  readonly attempts: number;
  readonly jobName: string;
  /** Ids of the runs that waited for this work. */
  readonly sharedWith: readonly string[];
}

export type JobOrder = Omit<JobRequest, 'attempt'> &
  Pick<StartedJob, 'trackingRunId' | 'claim' | 'timeoutSeconds' | 'stallSeconds'> & {
    /** Attempts that were made before: every attempt is a job with a name of its own. */
    readonly attemptsBefore?: number;
    readonly onStart?: (jobName: string, attempt: number) => void;
  };

/** Sees a job through: starts it, follows it, judges it, tries again where its failure class says so. */
export async function runJob({ onStart, attemptsBefore = 0, ...order }: JobOrder): Promise<JobRun> {
  const { trackingRunId: _tracking, claim: _claim, timeoutSeconds: _time, stallSeconds: _stall, ...request } = order;
  const facts = factsOf(order);
  let failed = 0;
  for (let attempt = attemptsBefore + 1; ; attempt++) {
    const handle = await submit({ ...request, attempt });
    onStart?.(handle.name, attempt);
    const outcome = await follow({ ...facts, handle });
    if (outcome.kind === 'succeeded') {
      const { record, sharedWith = [] } = outcome;
      return { record, attempts: attempt, jobName: handle.name, sharedWith };
    }
    if (outcome.failure.name !== 'Preempted') failed++;
    if (!outcome.retryable || failed >= maxFailedAttempts || attempt - attemptsBefore > maxPreemptions)
      throw failWith(described(outcome));
    log.warn('the job is tried again', { job: handle.name, failure: outcome.failure });
    await sleep(`${retryDelaySeconds}s`);
  }
}

/** What whoever follows and judges the job has to know of its order. */
function factsOf(order: JobOrder): Omit<StartedJob, 'handle'> {
  const { stage, stageKey, trackingRunId, claim, isolated, timeoutSeconds, stallSeconds } = order;
  return {
    stage,
    stageKey,
    ...(trackingRunId === undefined ? {} : { trackingRunId }),
    ...(claim === undefined ? {} : { claim }),
    ...(isolated === undefined ? {} : { isolated }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(stallSeconds === undefined ? {} : { stallSeconds }),
  };
}

/** Never cancelled half way: a job that may have been started must be known by its handle, or nobody could end it. */
async function submit(request: JobRequest): Promise<JobHandle> {
  const { stage, inputs, attempt } = request;
  const summary = `start ${stage} job, attempt ${attempt}, inputs ${Object.keys(inputs).join(', ') || 'none'}`;
  return CancellationScope.nonCancellable(async () => jobControl.submitJob.executeWithOptions({ summary }, [request]));
}

/** Whatever ends the wait for a job, a cancellation or a failure for good: the job ends with it, and frees its scratch. */
async function follow(job: StartedJob): Promise<JobOutcome> {
  const { name } = job.handle;
  try {
    const end = await jobWatch.awaitJob.executeWithOptions({ summary: `follow ${name}` }, [job]);
    return await CancellationScope.nonCancellable(async () =>
      jobControl.collectJob.executeWithOptions({ summary: `judge ${name}` }, [{ ...job, end }]),
    );
  } catch (error) {
    await CancellationScope.nonCancellable(async () => jobControl.removeJob(job.handle));
    throw error;
  }
}

function described(outcome: Extract<JobOutcome, { kind: 'failed' }>): Failure {
  return { ...outcome.failure, details: { ...outcome.failure.details, logTail: outcome.logTail } };
}
