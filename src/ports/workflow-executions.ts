import type { Execution } from '../contracts/execution.ts';

/** What Temporal knows of workflow executions. Failures are `AdapterError`s: `Unavailable`. */
export interface WorkflowExecutions {
  /** Whether that execution still runs; one that Temporal has forgotten does not. */
  isOpen(execution: Execution): Promise<boolean>;
  /** All executions that Temporal keeps, of all types; one that began seconds ago may be missing. */
  list(): AsyncIterable<KnownExecution>;
}

export interface KnownExecution extends Execution {
  readonly type: string;
  readonly isOpen: boolean;
}
