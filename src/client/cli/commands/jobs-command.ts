import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { jobLines, reapedLines } from '../jobs-view.ts';

type Options = ServerOptions & OutputOptions;

interface ReapOptions extends Options {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addJobsCommand(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('list the jobs that wait, run, or have ended and were not removed')
    .enablePositionalOptions();
  addServerOptions(addJsonOption(jobs)).action(listJobs);
  const reap = jobs
    .command('reap')
    .description('show the jobs whose run is not open any more; stop and remove them, their logs kept, with --yes')
    .option('--dry-run', 'only show (also without --yes)')
    .option('--yes', 'remove them');
  addServerOptions(addJsonOption(reap)).action(reapJobs);
}

async function listJobs(options: Options): Promise<void> {
  const { jobs } = await withClient(options, (client) => client.jobs());
  printResult(options, { jobs }, jobLines(jobs, Date.now()));
}

async function reapJobs(options: ReapOptions): Promise<void> {
  if (options.yes === true && options.dryRun === true) throw new UsageError('--yes and --dry-run exclude each other');
  const report = await withClient(options, (client) => client.jobs({ dryRun: options.yes !== true }));
  const orphans = report.jobs.filter(({ isOrphan }) => isOrphan);
  const { removed } = report;
  printResult(options, { orphans, removed }, reapedLines({ jobs: orphans, removed }, Date.now()));
  if (removed?.some(({ problem }) => problem !== null) === true) process.exitCode = exitStatus.failed;
}
