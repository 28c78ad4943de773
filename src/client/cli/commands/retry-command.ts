import type { Command } from 'commander';

import type { SpecChange } from '../../../contracts/repair.ts';
import type { JobStageName } from '../../../contracts/stage.ts';
import { addChangeOption, changeLines } from '../change-option.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';
import { parseJobStage } from '../stage-argument.ts';

interface RetryOptions extends ServerOptions, OutputOptions {
  readonly stage: JobStageName;
  readonly set: SpecChange;
  readonly as?: string;
  readonly comment?: string;
}

export function addRetryCommand(program: Command): void {
  const command = program
    .command('retry')
    .description('go on with a run that needs attention, from the stage that failed; nothing before it is done again')
    .argument('<run>', 'id of the run')
    .requiredOption('--stage <stage>', 'the stage that failed', parseJobStage)
    .option('--as <name>', "who repairs (default: the operating system's user)")
    .option('--comment <text>', 'why; kept with the run');
  addServerOptions(addJsonOption(addChangeOption(command))).action(retry);
}

async function retry(runId: string, { stage, set, as, comment, ...options }: RetryOptions): Promise<void> {
  const order = { stage, set, ...(as === undefined ? {} : { by: as }), ...(comment === undefined ? {} : { comment }) };
  const repair = await withClient(options, (client) => client.retry(runId, order));
  printResult(options, { runId, ...repair }, [
    `${stage} of ${runId} is tried again, as ${repair.by} says`,
    ...changeLines(repair.set),
    `  windlass status ${runId} --watch`,
  ]);
}
