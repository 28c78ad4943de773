import type { JobDocument, JobRequest } from '../contracts/job.ts';
import type { JobKind } from '../contracts/stage.ts';
import { jobStageNames, stageContractVersion } from '../contracts/stage.ts';

const keyDigits = 16;
const jobKinds: readonly JobKind[] = [...jobStageNames, 'import-model'];

/**
 * The document of one attempt. Its name is made of the stage, its key, the run and the attempt alone, so that any worker that asks
 * again finds the same job; two runs that need the same stage have jobs and output prefixes of their own.
 */
export function buildJobDocument(request: JobRequest, storeUri: string): JobDocument {
  const key = shortKey(request);
  const attempt = `${runNameOf(request.runId)}-${request.attempt}`;
  return {
    schema: 'windlass.job/v1',
    stage: request.stage,
    contractVersion: stageContractVersion,
    jobName: `${request.stage}-${key}-${attempt}`,
    runId: request.runId,
    stageKey: request.stageKey,
    inputs: request.inputs,
    parameters: request.parameters,
    output: { uri: `${storeUri}/artifacts/${request.outputKind}/${key}/${attempt}`, kind: request.outputKind },
    ...(request.stage === 'train' ? { checkpoints: `${storeUri}/checkpoints/${checkpointsName(request)}` } : {}),
  };
}

/** What {@link buildJobDocument} has put at both ends of a job's name. */
export function partsOfJobName(jobName: string): { readonly stage: string; readonly attempt: number } {
  const stage = jobKinds.find((kind) => jobName.startsWith(`${kind}-`)) ?? '';
  return { stage, attempt: Number(/-(\d+)$/u.exec(jobName)?.[1] ?? 1) };
}

/** One prefix for all who train the same, but for a run that takes nothing of others. */
function checkpointsName(request: JobRequest): string {
  return request.isolated === true ? `${shortKey(request)}-${runNameOf(request.runId)}` : shortKey(request);
}

/** A run's id as prefixes and job names have it. */
export function runNameOf(runId: string): string {
  return runId.replaceAll(/[^A-Za-z0-9-]/gu, '-');
}

function shortKey(request: JobRequest): string {
  return request.stageKey.slice('sha256:'.length, 'sha256:'.length + keyDigits);
}
