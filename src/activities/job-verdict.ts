import type { ArtifactStore } from '../ports/object-store.ts';
import type { Failure, FailureName } from '../contracts/failures.ts';
import { failures, isFailureName, isRetryable } from '../contracts/failures.ts';
import type { EndedJob, JobEnd, JobExit, JobOutcome, JobResult, StageRecord } from '../contracts/job.ts';
import { exitCodeFailures } from '../contracts/job.ts';
import type { JobKind } from '../contracts/stage.ts';
import { AdapterError } from '../adapters/errors.ts';
import { keepStageRecord, replaceStageRecord } from './stage-records.ts';

/** Success is exit code 0 **and** a result that says so **and** an artifact that is complete; everything else has a name. */
export async function judgeJob(artifacts: ArtifactStore, job: EndedJob): Promise<JobOutcome> {
  const { stage, stageKey, handle, end } = job;
  if (end.kind !== 'exited') return failed(failureOfEnd(stage, end), end);
  const result = await readResult(artifacts, handle.outputUri);
  if (result?.status === 'failed') return failed(result.failure, end);
  if (hasFailed(end)) return failed(failureOfExit(stage, end), end);
  if (result === null) return failed(missingResult(stage, 'result.json is missing or no result'), end);
  if (!(await artifacts.isComplete(result.artifact)))
    return failed(missingResult(stage, 'files of the artifact are missing'), end);
  const record: StageRecord = {
    stageKey,
    artifact: result.artifact,
    summary: result.summary,
    metrics: result.metrics,
  };
  if (job.isolated === true) await replaceStageRecord(artifacts.objects, record);
  else await keepStageRecord(artifacts.objects, record);
  return { kind: 'succeeded', record };
}

function failed(failure: Failure, end: JobEnd): JobOutcome {
  const advice = failure.advice ?? failures[failure.name].advice;
  return {
    kind: 'failed',
    failure: { ...failure, advice },
    retryable: isRetryable(failure.name),
    logTail: end.logTail,
  };
}

function hasFailed({ exitCode, outOfMemory }: JobExit): boolean {
  return exitCode !== 0 || outOfMemory === true;
}

/** What ended without an exit code of its own. */
function failureOfEnd(stage: JobKind, end: Exclude<JobEnd, { kind: 'exited' }>): Failure {
  switch (end.kind) {
    case 'lost':
      return { name: end.failure ?? 'JobLost', message: end.reason };
    case 'timed-out': {
      const said = `the ${stage} job ran for ${end.timeoutSeconds} s, which is all that timeouts.${stage} allows`;
      return { name: 'StageTimedOut', message: `${said}; it was stopped` };
    }
    case 'stalled': {
      const said = `the ${stage} job ran for ${end.stallSeconds} s without a progress line, which is all that stallTimeouts.${stage} allows`;
      return { name: 'JobStalled', message: `${said}; the last was "${end.progress}"; it was stopped` };
    }
  }
}

/** What a job's exit is called that wrote no result of its own. */
export function failureOfExit(stage: JobKind, { exitCode, outOfMemory }: JobExit): Failure {
  const name: FailureName = exitCodeFailures[exitCode] ?? (exitCode === 143 ? 'Preempted' : 'JobCrashed');
  if (outOfMemory === true && name === 'JobCrashed') {
    const message = `the ${stage} job ended with exit code ${exitCode} when there was no memory left for it`;
    return { name: 'OutOfMemory', message };
  }
  return { name, message: `the ${stage} job ended with exit code ${exitCode}` };
}

function missingResult(stage: JobKind, what: string): Failure {
  return { name: 'ResultMissing', message: `the ${stage} job ended with 0 but ${what}` };
}

async function readResult({ objects }: ArtifactStore, outputUri: string): Promise<JobResult | null> {
  try {
    const bytes = await objects.get(`${outputUri.slice(objects.rootUri.length + 1)}/result.json`);
    return parseResult(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'NotFound') return null;
    throw error;
  }
}

/** Null: the job was ended while it wrote, or wrote something else. */
function parseResult(text: string): JobResult | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJobResult(value) ? value : null;
  } catch {
    return null;
  }
}

function isJobResult(value: unknown): value is JobResult {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  if (value.status === 'succeeded') return 'artifact' in value && 'summary' in value && 'metrics' in value;
  return value.status === 'failed' && 'failure' in value && isFailure(value.failure);
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    isFailureName(value.name)
  );
}
