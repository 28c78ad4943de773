#!/usr/bin/env node
import { CommanderError } from 'commander';

import { errorDocument, errorText, exitStatusOf } from './exit-status.ts';
import { buildProgram } from './program.ts';

/** `windlass … | head` ends the reader first: that is no failure. */
function endQuietlyOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endQuietlyOnBrokenPipe);
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = exitStatusOf(error);
    // commander has printed its own errors and its help already
    if (error instanceof CommanderError) return;
    process.stderr.write(`${errorText(error, { debug: process.env['WINDLASS_DEBUG'] === '1' })}\n`);
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
  }
}

await main(process.argv);
