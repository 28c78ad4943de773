/** One execution of a workflow; a workflow id may have had several. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

export function isSameExecution(one: Execution, other: Execution): boolean {
  return one.workflowId === other.workflowId && one.runId === other.runId;
}
