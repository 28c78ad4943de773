import type { JobRequest } from '../../src/contracts/job.ts';

/** A request for a training job; each stage key is a job of its own. */
export function jobRequest(changes: Partial<JobRequest> = {}): JobRequest {
  return {
    stage: 'train',
    runId: 'glossary-7',
    stageKey: `sha256:${'5'.repeat(64)}`,
    attempt: 1,
    inputs: {},
    parameters: {},
    outputKind: 'checkpoint',
    ...changes,
  };
}
