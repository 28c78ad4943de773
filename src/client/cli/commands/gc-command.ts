import type { Command } from 'commander';
import { Option } from 'commander';

import type { CollectGarbageInput } from '../../../contracts/garbage.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, parseGrace, printResult, withClient } from '../cli-options.ts';
import { UsageError } from '../exit-status.ts';
import { garbageLines } from '../garbage-view.ts';

interface GcOptions extends ServerOptions, OutputOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly olderThan: number;
}

export function addGcCommand(program: Command): void {
  const command = program
    .command('gc')
    .description(
      'show what no run, release, registered version or base model refers to in the object store; remove it with --yes',
    )
    .addOption(
      new Option('--older-than <time>', 'leave alone what is younger, such as 90m, 24h or 7d')
        .argParser(parseGrace)
        .default(parseGrace('24h'), '24h'),
    )
    .option('--dry-run', 'only show (also without --yes)')
    .option('--yes', 'remove it');
  addServerOptions(addJsonOption(command)).action(collectGarbage);
}

async function collectGarbage(options: GcOptions): Promise<void> {
  if (options.yes === true && options.dryRun === true) throw new UsageError('--yes and --dry-run exclude each other');
  const request: CollectGarbageInput = { olderThanMs: options.olderThan, dryRun: options.yes !== true };
  const report = await withClient(options, (client) => client.collectGarbage(request));
  printResult(options, report, garbageLines(report));
}
