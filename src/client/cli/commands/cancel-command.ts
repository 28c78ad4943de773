import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';

export function addCancelCommand(program: Command): void {
  const command = program
    .command('cancel')
    .description('ask a run to stop; what it has begun on a target is undone')
    .argument('<run>', 'id of the run');
  addServerOptions(addJsonOption(command)).action(async (runId: string, options: ServerOptions & OutputOptions) => {
    await withClient(options, async (client) => {
      await client.status(runId);
      await client.cancel(runId);
    });
    const lines = [`asked ${runId} to stop`, `  windlass status ${runId} --watch`];
    printResult(options, { runId, cancelRequested: true }, lines);
  });
}
