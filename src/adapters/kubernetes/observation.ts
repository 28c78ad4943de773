import type { FailureName } from '../../contracts/failures.ts';
import type { JobState } from '../../contracts/job.ts';

/** What a look at a job found, for machines; `state` has it in words. */
export type JobCategory =
  | 'running'
  | 'ending'
  | 'exited'
  // it waits
  | 'no-pod'
  | 'suspended'
  | 'quota'
  | 'unschedulable'
  | 'gated'
  | 'starting'
  | 'volume-or-network'
  // it never began
  | 'missing-service-account'
  | 'admission-denied'
  | 'image-pull'
  | 'missing-configuration'
  | 'container-start'
  | 'refused-by-node'
  // it was ended
  | 'out-of-memory'
  | 'out-of-storage'
  | 'disrupted'
  | 'node-lost'
  | 'deadline'
  | 'deleted';

export interface JobObservation {
  readonly category: JobCategory;
  readonly state: JobState;
}

const maxReasonChars = 600;

export function running(category: 'running' | 'ending' = 'running'): JobObservation {
  return { category, state: { kind: 'running' } };
}

export function queued(category: JobCategory, reason: string): JobObservation {
  return { category, state: { kind: 'queued', reason: inWords(category, reason) } };
}

export function lost(category: JobCategory, failure: FailureName, reason: string): JobObservation {
  return { category, state: { kind: 'lost', failure, reason: inWords(category, reason) } };
}

function inWords(category: JobCategory, reason: string): string {
  return `${category}: ${reason.replaceAll(/\s+/g, ' ').trim()}`.slice(0, maxReasonChars);
}
