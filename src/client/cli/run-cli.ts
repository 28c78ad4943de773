import { CommanderError } from 'commander';

import type { ExitStatus } from './exit-status.ts';
import { errorDocument, errorText, exitStatusOf } from './exit-status.ts';
import { buildProgram } from './program.ts';

/** One call of the command line, as `process.argv` has it. Null: the command has set the status of the process itself. */
export async function runCli(argv: readonly string[]): Promise<ExitStatus | null> {
  try {
    await buildProgram().parseAsync(argv);
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) printError(error, argv);
    return exitStatusOf(error);
  }
}

/** Errors of commander are printed by itself already. */
function printError(error: unknown, argv: readonly string[]): void {
  process.stderr.write(`${errorText(error, { debug: process.env['WINDLASS_DEBUG'] === '1' })}\n`);
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
}
