import type { Command } from 'commander';

import type { TargetModel } from '../../../contracts/serving.ts';
import { currentUser } from '../../run-request.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, addTargetOptions, printResult, withClient } from '../cli-options.ts';
import { targetLines } from '../release-view.ts';

interface FreezeOptions extends ServerOptions, OutputOptions, TargetModel {
  readonly as?: string;
}

export function addFreezeCommands(program: Command): void {
  freezeCommand(program, 'freeze', 'take no deployment and no rollback until unfrozen')
    .requiredOption('--reason <text>', 'why; shown to who is refused')
    .action(freeze);
  freezeCommand(program, 'unfreeze', 'take deployments and rollbacks again').action(unfreeze);
}

function freezeCommand(program: Command, name: string, description: string): Command {
  const command = program
    .command(name)
    .description(description)
    .option('--as <name>', "who asks for it (default: the operating system's user)");
  return addServerOptions(addJsonOption(addTargetOptions(command)));
}

async function freeze(options: FreezeOptions & { readonly reason: string }): Promise<void> {
  const { target, model, reason, as: by = currentUser() } = options;
  const view = await withClient(options, (client) => client.freeze({ target, model }, { by, reason }));
  printResult(options, view, targetLines(view));
}

async function unfreeze(options: FreezeOptions): Promise<void> {
  const { target, model, as: by = currentUser() } = options;
  const view = await withClient(options, (client) => client.unfreeze({ target, model }, by));
  printResult(options, view, targetLines(view));
}
