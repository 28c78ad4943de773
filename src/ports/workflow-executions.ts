import type { Execution } from '../contracts/execution.ts';

/** What Temporal knows of workflow executions. Failures are `AdapterError`s: `Unavailable`. */
export interface WorkflowExecutions {
  /** Whether that execution still runs; one that Temporal has forgotten does not. */
  isOpen(execution: Execution): Promise<boolean>;
}
