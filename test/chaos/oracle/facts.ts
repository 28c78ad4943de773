import type { WorkflowExecutionStatusName } from '@temporalio/client';

import type { Digest } from '../../../src/contracts/artifact.ts';
import type { RunStatus } from '../../../src/contracts/run-status.ts';
import type { TargetView } from '../../../src/contracts/serving.ts';

/** How a workflow ended, as Temporal tells it. */
export interface Ending {
  readonly status: WorkflowExecutionStatusName;
  /** Name and message of the failure of one that failed. */
  readonly failure: { readonly name: string; readonly message: string } | null;
}

/** A line of `starts.jsonl`: a job whose work has begun. */
export interface JobStart {
  readonly stage: string;
  readonly runId: string;
  readonly stageKey: Digest;
  readonly jobName: string;
  /** Output prefix: one for each attempt. */
  readonly output: string;
  readonly pid: number;
}

/** What is seen of one run from outside. */
export interface RunFacts {
  readonly workflowId: string;
  readonly ending: Ending;
  /** Null: a rollback, which has no stages. */
  readonly status: RunStatus | null;
  /** Model versions in the registry that carry the run's tag. */
  readonly versions: readonly number[];
  /** Statuses of the tracking runs that carry the run's tag. */
  readonly trackingStatuses: readonly string[];
  /** What is wrong with the artifacts that its stages name. */
  readonly artifactProblems: readonly string[];
  readonly starts: readonly JobStart[];
  /** Processes of its jobs that still run, and scratch that they left. */
  readonly leftovers: readonly string[];
}

/** One Triton server, asked about one model. */
export interface ReplicaFacts {
  readonly name: string;
  readonly ready: readonly number[];
  /** Versions under the candidate's name in any state but gone. */
  readonly candidates: readonly string[];
  readonly published: readonly number[];
  /** Files of the model that are neither a version nor its mark: staged, trashed, a candidate's folder. */
  readonly strayFiles: readonly string[];
  /** Version that answers a request without one; null: none does. */
  readonly answering: number | null;
}

export interface TargetFacts {
  readonly view: TargetView;
  readonly replicas: readonly ReplicaFacts[];
  readonly aliases: { readonly champion: number | null; readonly previous: number | null };
}

/** Everything that a case is judged by. */
export interface CaseFacts {
  readonly runs: readonly RunFacts[];
  readonly target: TargetFacts;
}

/** A fact that is not as it must be. */
export interface Violation {
  readonly case: string;
  readonly rule: string;
  readonly expected: string;
  readonly found: string;
}
