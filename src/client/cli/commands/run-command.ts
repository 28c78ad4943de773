import type { Command } from 'commander';

import type { RunInput } from '../../../contracts/run-spec.ts';
import type { RunStatus } from '../../../contracts/run-status.ts';
import { readStackState, findHome } from '../../stack-home.ts';
import type { WindlassClient } from '../../windlass-client.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { CommandFailed } from '../exit-status.ts';
import { durationText } from '../figures.ts';
import { followRun } from '../follow-run.ts';
import { readInputFile } from '../input-file.ts';
import { createRunDisplay } from '../run-display.ts';

interface RunOptions extends ServerOptions, OutputOptions {
  readonly wait?: boolean;
  readonly id?: string;
  readonly reuse: boolean;
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('start a run from a JSON file, or from stdin with "-"')
    .argument(
      '<input>',
      'run input such as {"model": "glossary", "preset": "quickstart"}; see schemas/run-input.schema.json',
    )
    .option('--wait', 'follow the run to its end; its failure is the status of this command')
    .option('--no-reuse', 'do every stage anew, whatever earlier runs have done (default: take their results)')
    .option('--id <run>', 'id of the run (default: model, time and four random digits)');
  addServerOptions(addJsonOption(command)).action(startRun);
}

async function startRun(inputFile: string, options: RunOptions): Promise<void> {
  const input = withReuse(readInputFile(inputFile), options.reuse);
  await withClient(options, async (client) => {
    const { runId } = await client.start(input, options.id === undefined ? {} : { runId: options.id });
    if (options.wait === true) await waitForRun(client, runId, options);
    else printStarted(runId, options);
  });
}

/** The input's own word stands unless the command says otherwise. */
function withReuse(input: RunInput, reuse: boolean): RunInput {
  return reuse || typeof input !== 'object' ? input : { ...input, reuse };
}

function printStarted(runId: string, options: RunOptions): void {
  const page = temporalPage(runId, options);
  const document = { runId, ...(page === null ? {} : { links: { Temporal: page } }) };
  printResult(options, document, [
    `started ${runId}`,
    `  windlass status ${runId} --watch`,
    ...(page === null ? [] : [`  ${page}`]),
  ]);
}

async function waitForRun(client: WindlassClient, runId: string, options: RunOptions): Promise<void> {
  const stream = options.json === true ? process.stderr : process.stdout;
  const status = await followRun(client, runId, createRunDisplay(stream));
  try {
    const result = await client.wait(runId);
    printResult(options, result, [
      '',
      `${result.model} version ${result.version} is live on ${result.target}, after ${totalTime(status)}`,
    ]);
  } catch (error) {
    throw new CommandFailed(error, { runId, status });
  }
}

function totalTime({ stages }: RunStatus): string {
  return durationText(stages.reduce((total, { durationMs }) => total + (durationMs ?? 0), 0));
}

function temporalPage(runId: string, options: RunOptions): string | null {
  const home = options.address === undefined ? findHome(options) : null;
  const url = home === null ? undefined : readStackState(home)?.endpoints.temporalUiUrl;
  const namespace = encodeURIComponent(options.namespace ?? 'default');
  return url === undefined
    ? null
    : `${url.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(runId)}`;
}
