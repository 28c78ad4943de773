import { createHash } from 'node:crypto';
import type { JobDocument } from '../contracts/job.ts';

/**
 * W3C trace context of a job (https://www.w3.org/TR/trace-context/), made of names alone: whoever starts or adopts the job says the same, and
 * whoever knows the run can compute it. The trace is the run (sha256 of its id), the span the job (sha256 of its name); `01`: what the job
 * records of itself is to be kept.
 */
export function traceparentOf({ runId, jobName }: Pick<JobDocument, 'runId' | 'jobName'>): string {
  return `00-${hexOf(runId, 16)}-${hexOf(jobName, 8)}-01`;
}

function hexOf(text: string, bytes: number): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * bytes);
}
