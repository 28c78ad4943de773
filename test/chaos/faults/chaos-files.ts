import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** What the harness, its workers and its jobs tell each other, by files: they outlive every process. */
export interface ChaosFiles {
  readonly directory: string;
  /** The faults that wait for a workflow. */
  readonly armed: (workflowId: string) => string;
  /** Appended to each time a fault's point is passed: its size is how often. */
  readonly passed: (faultId: string) => string;
  /** There from the moment a fault strikes; made by one process only. */
  readonly fired: (faultId: string) => string;
  /** There once the harness has struck a fault from outside. */
  readonly struck: (faultId: string) => string;
  /** How the stages of a run shall end, for the jobs. */
  readonly behaviour: (runId: string) => string;
  /** A line for each job that starts. */
  readonly starts: string;
}

const folders = ['armed', 'passed', 'fired', 'struck', 'behaviour'] as const;

export function chaosFiles(directory: string): ChaosFiles {
  const inFolder = (folder: (typeof folders)[number], name: string): string => join(directory, folder, name);
  return {
    directory,
    armed: (workflowId) => inFolder('armed', `${workflowId.replaceAll('/', '+')}.json`),
    passed: (faultId) => inFolder('passed', faultId),
    fired: (faultId) => inFolder('fired', `${faultId}.json`),
    struck: (faultId) => inFolder('struck', faultId),
    behaviour: (runId) => inFolder('behaviour', `${runId}.json`),
    starts: join(directory, 'starts.jsonl'),
  };
}

export function makeChaosFolders(directory: string): ChaosFiles {
  for (const folder of folders) mkdirSync(join(directory, folder), { recursive: true });
  return chaosFiles(directory);
}

/** Names the directory in the environment of every process of the stack. */
export const chaosVariable = 'WINDLASS_CHAOS';
