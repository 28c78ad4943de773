import { CommanderError } from 'commander';

import { WindlassError } from '../windlass-error.ts';

/** Stable: scripts branch on them. */
export const exitStatus = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** The command line itself is wrong: an unreadable file, a value out of range. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command that failed and still has something to say to a script. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  /** What `--json` prints beside the failure. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(cause: unknown, context: Readonly<Record<string, unknown>>) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.context = context;
  }
}

export function exitStatusOf(error: unknown): ExitStatus {
  if (error instanceof CommandFailed) return exitStatusOf(error.cause);
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
  if (error instanceof UsageError) return exitStatus.usage;
  const unreachable = error instanceof WindlassError && error.failure === 'ServerUnreachable';
  return unreachable ? exitStatus.unreachable : exitStatus.failed;
}

/** What people read on stderr: what failed and what to do; the stack only where it was asked for. */
export function errorText(error: unknown, options: { readonly debug: boolean }): string {
  if (error instanceof CommandFailed && !options.debug) return errorText(error.cause, options);
  if (options.debug && error instanceof Error) return `error: ${error.stack ?? error.message}${causeText(error.cause)}`;
  if (error instanceof WindlassError) return `error: ${error.message}\n  ${error.failure}: ${error.advice}`;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}

/** The JSON document of a failed command. */
export function errorDocument(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof CommandFailed) return { ...error.context, ...errorDocument(error.cause) };
  if (!(error instanceof WindlassError)) {
    return { failure: { name: 'Unexpected', message: error instanceof Error ? error.message : String(error) } };
  }
  const { failure, message, advice, issues } = error;
  return { failure: { name: failure, message, advice, ...(issues.length > 0 ? { issues } : {}) } };
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? `\ncaused by: ${cause.stack ?? cause.message}${causeText(cause.cause)}` : '';
}
