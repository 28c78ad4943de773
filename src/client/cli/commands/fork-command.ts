import type { Command } from 'commander';

import type { SpecChange } from '../../../contracts/repair.ts';
import type { StageName } from '../../../contracts/stage.ts';
import { addChangeOption } from '../change-option.ts';
import { addJsonOption, addServerOptions, withClient } from '../cli-options.ts';
import { parseStage } from '../stage-argument.ts';
import type { StartOptions } from '../started-run.ts';
import { showStarted, waitHelp } from '../started-run.ts';

interface ForkOptions extends StartOptions {
  readonly from: StageName;
  readonly set: SpecChange;
  readonly as?: string;
  readonly id?: string;
  readonly reuse: boolean;
}

export function addForkCommand(program: Command): void {
  const command = program
    .command('fork')
    .description(
      'start a run from a stage of another one, which may have ended; what stands before that stage is reused',
    )
    .argument('<run>', 'id of the other run')
    .requiredOption('--from <stage>', 'the first stage that is not taken from it', parseStage)
    .option('--as <name>', "who asks for the run (default: the operating system's user)")
    .option('--wait', waitHelp)
    .option('--no-reuse', 'do that stage and all after it anew, though nothing about them has changed')
    .option('--id <run>', 'id of the new run (default: model, time and four random digits)');
  addServerOptions(addJsonOption(addChangeOption(command))).action(fork);
}

async function fork(origin: string, { from, set, as, id, reuse, ...options }: ForkOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { runId } = await client.fork(origin, {
      from,
      set: reuse ? set : { ...set, reuse },
      ...(as === undefined ? {} : { requester: as }),
      ...(id === undefined ? {} : { runId: id }),
    });
    await showStarted(client, runId, options);
  });
}
