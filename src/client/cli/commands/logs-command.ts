import type { Command } from 'commander';

import { isStageName } from '../../../contracts/names.ts';
import type { RunStatus, StageStatus } from '../../../contracts/run-status.ts';
import { stageNames } from '../../../contracts/stage.ts';
import { readPlatform } from '../../stack-home.ts';
import { WindlassError } from '../../windlass-error.ts';
import type { ServerOptions } from '../cli-options.ts';
import { addServerOptions, withClient } from '../cli-options.ts';
import { openDirectoryLog } from '../directory-log.ts';
import { UsageError } from '../exit-status.ts';
import type { ReadableLog } from '../job-log.ts';
import { copyLog } from '../job-log.ts';
import { openJobLog } from '../open-catalog.ts';

interface LogsOptions extends ServerOptions {
  readonly follow?: boolean;
}

export function addLogsCommand(program: Command): void {
  const command = program
    .command('logs')
    .description("print the log of a stage's job")
    .argument('<run>', 'id of the run')
    .argument('[stage]', 'stage (default: the one that runs or failed, else the last one that had a job)')
    .option('--follow', 'go on until the job has ended');
  addServerOptions(command).action(printLogs);
}

async function printLogs(runId: string, stage: string | undefined, options: LogsOptions): Promise<void> {
  if (stage !== undefined && !isStageName(stage)) {
    throw new UsageError(`"${stage}" is no stage; stages are ${stageNames.join(', ')}`);
  }
  const status = await withClient(options, (client) => client.status(runId));
  const log = await openLog(options, jobOf(status, stage));
  await copyLog({ log, follow: options.follow === true, output: process.stdout });
}

async function openLog(options: LogsOptions, job: string): Promise<ReadableLog> {
  const { jobs } = readPlatform(options);
  return jobs.runner === 'process' ? openDirectoryLog(jobs.directory, job) : openJobLog(options, job);
}

/** @throws WindlassError `NotFound` with the reason why there is no log. */
export function jobOf(status: RunStatus, wanted: string | undefined): string {
  const stage =
    wanted === undefined ? currentStage(status.stages) : status.stages.find((entry) => entry.stage === wanted);
  if (stage?.job !== undefined) return stage.job;
  throw new WindlassError('NotFound', `run ${status.runId} has no log of ${wanted ?? 'any stage'}: ${whyNoJob(stage)}`);
}

function currentStage(stages: readonly StageStatus[]): StageStatus | undefined {
  const withJob = stages.filter((stage) => stage.job !== undefined);
  return withJob.find(({ state }) => state === 'running' || state === 'failed') ?? withJob.at(-1);
}

function whyNoJob(stage: StageStatus | undefined): string {
  if (stage === undefined) return 'no job was started yet';
  if (stage.state === 'reused') return 'its result was reused, the log is with the run that made it';
  const isServing = stage.stage === 'deploy' || stage.stage === 'smoke-test';
  return isServing ? 'it is no job; see the logs of the serving worker and of Triton' : `it is ${stage.state}`;
}
