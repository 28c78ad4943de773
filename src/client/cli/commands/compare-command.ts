import type { Command } from 'commander';

import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { compareRuns } from '../compare-runs.ts';
import { renderTable } from '../text-table.ts';

export function addCompareCommand(program: Command): void {
  const command = program
    .command('compare')
    .description('show runs side by side: scores, latency, times')
    .argument('<run>', 'id of a run')
    .argument('<runs...>', 'ids of more runs');
  addServerOptions(addJsonOption(command)).action(compare);
}

async function compare(
  first: string,
  others: readonly string[],
  options: ServerOptions & OutputOptions,
): Promise<void> {
  const runs = await withClient(options, (client) =>
    Promise.all([first, ...others].map((runId) => client.status(runId))),
  );
  printResult(options, { runs }, renderTable(compareRuns(runs)));
}
