import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { followRun } from '../follow-run.ts';
import { createRunDisplay } from '../run-display.ts';
import { runLines } from '../run-view.ts';

interface StatusOptions extends ServerOptions, OutputOptions {
  readonly watch?: boolean;
}

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('show a run: stages, what it waits for, evaluation, links')
    .argument('<run>', 'id of the run')
    .option('--watch', 'go on until the run has ended');
  addServerOptions(addJsonOption(command)).action(showStatus);
}

async function showStatus(runId: string, options: StatusOptions): Promise<void> {
  await withClient(options, async (client) => {
    if (options.watch !== true) {
      const status = await client.status(runId);
      printResult(options, status, runLines(status, Date.now()));
      return;
    }
    const stream = options.json === true ? process.stderr : process.stdout;
    const last = await followRun(client, { runId, display: createRunDisplay(stream) });
    if (options.json === true) printResult(options, last, []);
    else if (!process.stdout.isTTY) printResult(options, last, ['', ...runLines(last, Date.now())]);
  });
}
