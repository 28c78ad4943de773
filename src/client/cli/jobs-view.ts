import type { JobRow, JobsReport } from '../../contracts/job-inventory.ts';
import { durationText } from './figures.ts';
import { renderTable } from './text-table.ts';

const head = ['run', 'stage', 'attempt', 'state', 'for', 'GPUs', 'GPU hours', ''];

/** All jobs that stand, orphans marked. */
export function jobLines(jobs: readonly JobRow[], nowMs: number): readonly string[] {
  if (jobs.length === 0) return ['there are no jobs'];
  const orphans = jobs.filter(({ isOrphan }) => isOrphan).length;
  const advice = `${orphans} of them ${orphans === 1 ? 'has' : 'have'} no open run: see "windlass jobs reap"`;
  return [...table(jobs, nowMs), ...(orphans === 0 ? [] : ['', advice])];
}

/** Orphans, and what was done about them. */
export function reapedLines({ jobs, removed }: JobsReport, nowMs: number): readonly string[] {
  const found =
    jobs.length === 0
      ? ['every job has an open run']
      : ['the run of these jobs is not open any more:', ...table(jobs, nowMs)];
  if (removed === null) return jobs.length === 0 ? found : [...found, '', 'nothing was removed; do it with --yes'];
  if (removed.length === 0) return [...found, '', 'nothing was removed'];
  return [...found, '', 'removed:', ...removed.map(({ name, problem }) => `  ${name}${problemText(problem)}`)];
}

function table(jobs: readonly JobRow[], nowMs: number): readonly string[] {
  return renderTable([head, ...jobs.map((job) => cellsOf(job, nowMs))]);
}

function cellsOf({ runId, stage, attempt, gpus, ...job }: JobRow, nowMs: number): readonly string[] {
  const lasting = durationText(Math.max(0, nowMs - Date.parse(job.since)));
  const notes = [...(job.isOrphan ? ['orphan'] : []), ...(job.note === '' ? [] : [job.note])];
  return [runId, stage, `${attempt}`, job.state, lasting, `${gpus}`, job.gpuHours.toFixed(2), notes.join(': ')];
}

function problemText(problem: string | null): string {
  return problem === null ? '' : ` is still there: ${problem}`;
}
