#!/usr/bin/env node
import { runCli } from './run-cli.ts';

/** `windlass … | head` ends the reader first: that is no failure. */
function endQuietlyOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

process.stdout.on('error', endQuietlyOnBrokenPipe);
const status = await runCli(process.argv);
if (status !== null) process.exitCode = status;
