import { CancellationScope, log, sleep } from '@temporalio/workflow';

import type { Failure } from '../contracts/failures.ts';
import type { JobEnd, JobHandle, JobOutcome, JobRequest, StageRecord } from '../contracts/job.ts';
import { jobControl, jobWatch } from './activity-profiles.ts';
import { failWith, isCancelled } from './failure-of.ts';

/** Attempts that end with a retryable failure; being preempted is free of charge. */
const maxFailedAttempts = 3;
const maxPreemptions = 100;
const retryDelaySeconds = 5;

export interface JobRun {
  readonly record: StageRecord;
  readonly attempts: number;
  readonly jobName: string;
}

export type JobOrder = Omit<JobRequest, 'attempt'> & {
  readonly onStart?: (jobName: string) => void;
};

/** Sees a job through: starts it, follows it, judges it, tries again where its failure class says so. */
export async function runJob({ onStart, ...order }: JobOrder): Promise<JobRun> {
  let failed = 0;
  for (let attempt = 1; ; attempt++) {
    const request: JobRequest = { ...order, attempt };
    const handle = await submit(request);
    onStart?.(handle.name);
    const outcome = await follow(request, handle);
    if (outcome.kind === 'succeeded') return { record: outcome.record, attempts: attempt, jobName: handle.name };
    if (outcome.failure.name !== 'Preempted') failed++;
    if (!outcome.retryable || failed >= maxFailedAttempts || attempt > maxPreemptions)
      throw failWith(described(outcome));
    log.warn('the job is tried again', { job: handle.name, failure: outcome.failure });
    await sleep(`${retryDelaySeconds}s`);
  }
}

/** Never cancelled half way: a job that may have been started must be known by its handle, or nobody could end it. */
async function submit(request: JobRequest): Promise<JobHandle> {
  const { stage, inputs, attempt } = request;
  const summary = `start ${stage} job, attempt ${attempt}, inputs ${Object.keys(inputs).join(', ') || 'none'}`;
  return CancellationScope.nonCancellable(async () => jobControl.submitJob.executeWithOptions({ summary }, [request]));
}

async function follow(request: JobRequest, handle: JobHandle): Promise<JobOutcome> {
  try {
    const end = await jobWatch.awaitJob.executeWithOptions({ summary: `follow ${handle.name}` }, [request, handle]);
    return await collect(request, handle, end);
  } catch (error) {
    if (isCancelled(error)) await CancellationScope.nonCancellable(async () => jobControl.removeJob(handle));
    throw error;
  }
}

async function collect(request: JobRequest, handle: JobHandle, end: JobEnd): Promise<JobOutcome> {
  return CancellationScope.nonCancellable(async () => {
    const summary = `judge ${handle.name}`;
    const outcome = await jobControl.collectJob.executeWithOptions({ summary }, [request, handle, end]);
    await jobControl.removeJob(handle);
    return outcome;
  });
}

function described(outcome: Extract<JobOutcome, { kind: 'failed' }>): Failure {
  return { ...outcome.failure, details: { ...outcome.failure.details, logTail: outcome.logTail } };
}
