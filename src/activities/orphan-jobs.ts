import { AdapterError } from '../adapters/errors.ts';
import { inParallel } from '../contracts/in-parallel.ts';
import type { JobHandle } from '../contracts/job.ts';
import type { RemovedJob } from '../contracts/job-inventory.ts';
import type { JobRunner, StandingJob } from '../ports/job-runner.ts';
import type { Metrics } from '../ports/metrics.ts';
import { unmeasured } from '../ports/metrics.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';

export interface JobSurvey {
  readonly runner: Pick<JobRunner, 'list' | 'remove'>;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
  readonly metrics?: Metrics;
}

export interface SurveyedJob extends StandingJob {
  readonly isOrphan: boolean;
}

const parallelCalls = 8;

/** All jobs that stand; those whose run is closed are orphans. */
export async function surveyJobs({ runner, executions }: JobSurvey): Promise<readonly SurveyedJob[]> {
  const jobs = await runner.list();
  const runIds = [...new Set(jobs.map(({ runId }) => runId))];
  const orphaned = await inParallel(runIds, parallelCalls, async (runId) => isOrphanOf(executions, runId));
  return jobs.map((job) => ({ ...job, isOrphan: orphaned[runIds.indexOf(job.runId)] === true }));
}

/**
 * Ends the jobs of closed runs that have not ended, for they cost; what has ended is left for who asks to have it removed. Idempotent.
 * @returns the names of the jobs that were ended
 */
export async function endOrphans(survey: JobSurvey): Promise<readonly string[]> {
  const { runner, metrics = unmeasured } = survey;
  const jobs = await surveyJobs(survey);
  showJobs(metrics, jobs);
  const orphans = jobs.filter(({ isOrphan, state }) => isOrphan && isUnended(state.kind));
  for (const { handle } of orphans) await endOrphan(runner, handle, metrics);
  return orphans.map(({ handle }) => handle.name);
}

/** Removes all jobs of closed runs. One that cannot be removed keeps none of the others. */
export async function removeOrphans(survey: JobSurvey): Promise<readonly RemovedJob[]> {
  const orphans = (await surveyJobs(survey)).filter(({ isOrphan }) => isOrphan);
  return inParallel(orphans, parallelCalls, async ({ handle }) => removeOne(survey, handle));
}

/** Ends one job if its run is closed. */
export async function removeIfOrphan(
  { runner, executions, metrics = unmeasured }: JobSurvey,
  job: { readonly handle: JobHandle; readonly runId: string },
): Promise<void> {
  if (await isOrphanOf(executions, job.runId)) await endOrphan(runner, job.handle, metrics);
}

/**
 * The rule: nobody waits for a job whose run is closed. A run that was terminated cannot end its own job; one that was reset goes on
 * under the same id and adopts it.
 */
async function isOrphanOf(executions: JobSurvey['executions'], runId: string): Promise<boolean> {
  return !(await executions.isOpen({ workflowId: runId }));
}

async function endOrphan(runner: JobSurvey['runner'], handle: JobHandle, metrics: Metrics): Promise<void> {
  await runner.remove(handle);
  metrics.count('windlass_orphan_jobs_removed_total', { by: 'worker' });
}

async function removeOne({ runner, metrics = unmeasured }: JobSurvey, handle: JobHandle): Promise<RemovedJob> {
  try {
    await runner.remove(handle);
    metrics.count('windlass_orphan_jobs_removed_total', { by: 'reaper' });
    return { name: handle.name, problem: null };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { name: handle.name, problem: error.message };
  }
}

function showJobs(metrics: Metrics, jobs: readonly SurveyedJob[]): void {
  const active = jobs.filter(({ state }) => isUnended(state.kind));
  const byCategory = Map.groupBy(active, ({ category }) => category);
  const samples = [...byCategory].map(([category, { length: value }]) => ({ labels: { category }, value }));
  metrics.show('windlass_active_jobs', samples);
  const orphans = jobs.filter(({ isOrphan }) => isOrphan).length;
  metrics.show('windlass_orphan_jobs', [{ labels: {}, value: orphans }]);
}

function isUnended(kind: StandingJob['state']['kind']): boolean {
  return kind === 'queued' || kind === 'running';
}
