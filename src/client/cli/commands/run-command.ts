import type { Command } from 'commander';

import type { RunInput } from '../../../contracts/run-spec.ts';
import { addJsonOption, addServerOptions, withClient } from '../cli-options.ts';
import { readInputFile } from '../input-file.ts';
import type { StartOptions } from '../started-run.ts';
import { showStarted, waitHelp } from '../started-run.ts';

interface RunOptions extends StartOptions {
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
    .option('--wait', waitHelp)
    .option('--no-reuse', 'do every stage anew, whatever earlier runs have done (default: take their results)')
    .option('--id <run>', 'id of the run (default: model, time and four random digits)');
  addServerOptions(addJsonOption(command)).action(startRun);
}

async function startRun(inputFile: string, options: RunOptions): Promise<void> {
  const input = withReuse(readInputFile(inputFile), options.reuse);
  await withClient(options, async (client) => {
    const { runId } = await client.start(input, options.id === undefined ? {} : { runId: options.id });
    await showStarted(client, runId, options);
  });
}

/** The input's own word stands unless the command says otherwise. */
function withReuse(input: RunInput, reuse: boolean): RunInput {
  return reuse || typeof input !== 'object' ? input : { ...input, reuse };
}
