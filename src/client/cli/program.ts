import { Command } from 'commander';

import { addArtifactsCommand } from './commands/artifacts-command.ts';
import { addAskCommand } from './commands/ask-command.ts';
import { addCancelCommand } from './commands/cancel-command.ts';
import { addCompareCommand } from './commands/compare-command.ts';
import { addDecideCommands } from './commands/decide-command.ts';
import { addForkCommand } from './commands/fork-command.ts';
import { addFreezeCommands } from './commands/freeze-commands.ts';
import { addGcCommand } from './commands/gc-command.ts';
import { addJobsCommand } from './commands/jobs-command.ts';
import { addLogsCommand } from './commands/logs-command.ts';
import { addModelsCommand } from './commands/models-command.ts';
import { addReleaseCommands } from './commands/release-commands.ts';
import { addRetryCommand } from './commands/retry-command.ts';
import { addRunCommand } from './commands/run-command.ts';
import { addStackCommands } from './commands/stack-commands.ts';
import { addStatusCommand } from './commands/status-command.ts';

const exitStatuses = 'Exit status: 0 done, 1 the thing asked for failed, 2 usage, 3 a server cannot be reached.';

/** The whole command line; it throws instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command('windlass')
    .description('From raw text to a language model answering in production.')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', `\n${exitStatuses}`);
  addStackCommands(program);
  addRunCommand(program);
  addStatusCommand(program);
  addLogsCommand(program);
  addDecideCommands(program);
  addRetryCommand(program);
  addForkCommand(program);
  addCancelCommand(program);
  addReleaseCommands(program);
  addFreezeCommands(program);
  addAskCommand(program);
  addCompareCommand(program);
  addModelsCommand(program);
  addArtifactsCommand(program);
  addGcCommand(program);
  addJobsCommand(program);
  return program;
}
