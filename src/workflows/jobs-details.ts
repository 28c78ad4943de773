import type { JobRow, JobsReport } from '../contracts/job-inventory.ts';

/** Jobs as Markdown for the Temporal UI. */
export function renderJobsDetails({ jobs, removed }: JobsReport): string {
  const table = ['| run | stage | attempt | state | since | GPU hours | |', '|---|---|---|---|---|---|---|'];
  const done = removed === null ? [] : ['Removed:', removed.map(removalLine).join('\n')];
  return [[...table, ...jobs.map(tableRow)].join('\n'), ...done].join('\n\n');
}

function tableRow({ runId, stage, attempt, state, since, gpuHours, isOrphan }: JobRow): string {
  const cells = [runId, stage, attempt, state, since, gpuHours.toFixed(2), isOrphan ? 'orphan' : ''];
  return `| ${cells.join(' | ')} |`;
}

function removalLine({ name, problem }: { readonly name: string; readonly problem: string | null }): string {
  return problem === null ? `- ${name}` : `- ${name} is still there: ${problem}`;
}
