import type { JobHandle } from '../contracts/job.ts';
import type { JobRunner } from '../ports/job-runner.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';

export interface OrphanSweep {
  readonly runner: Pick<JobRunner, 'listUnended' | 'remove'>;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
}

/**
 * Ends the jobs whose run is closed: nobody waits for them any more. A run that was terminated cannot end its own job; one that was
 * reset goes on under the same id and adopts it. Idempotent. @returns the names of the jobs that were ended
 */
export async function removeOrphans({ runner, executions }: OrphanSweep): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { handle, runId } of await runner.listUnended()) {
    if (await executions.isOpen({ workflowId: runId })) continue;
    await runner.remove(handle);
    removed.push(handle.name);
  }
  return removed;
}

/** Ends one job if its run is closed. */
export async function removeIfOrphan(
  { runner, executions }: OrphanSweep,
  job: { readonly handle: JobHandle; readonly runId: string },
): Promise<void> {
  if (!(await executions.isOpen({ workflowId: job.runId }))) await runner.remove(job.handle);
}
