import type { Execution } from '../contracts/execution.ts';

/** What Temporal knows of workflow executions. Failures are `AdapterError`s: `Unavailable`. */
export interface WorkflowExecutions {
  /**
   * Whether that execution still runs; without a run id, the newest one of the workflow id, as a workflow that was reset goes on under
   * the same id. One that Temporal has forgotten does not run.
   */
  isOpen(execution: ExecutionOfWorkflow): Promise<boolean>;
  /** All executions that Temporal keeps, of all types; one that began seconds ago may be missing. */
  list(): AsyncIterable<KnownExecution>;
}

export type ExecutionOfWorkflow = Pick<Execution, 'workflowId'> & Partial<Pick<Execution, 'runId'>>;

export interface KnownExecution extends Execution {
  readonly type: string;
  readonly isOpen: boolean;
}
