import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';

import { shortestGraceMs } from '../../contracts/garbage.ts';
import { WindlassClient } from '../windlass-client.ts';

/** Options that every command which calls a server has. */
export interface ServerOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly home?: string;
}

export interface OutputOptions {
  readonly json?: boolean;
}

export function addServerOptions(command: Command): Command {
  return command
    .option('--address <host:port>', 'Temporal server (default: TEMPORAL_ADDRESS, else the embedded stack)')
    .option('--namespace <name>', 'Temporal namespace (default: TEMPORAL_NAMESPACE, else "default")')
    .option(
      '--home <directory>',
      'directory of the embedded stack (default: WINDLASS_HOME, else the nearest .windlass)',
    );
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print one JSON document on stdout and nothing else there');
}

export function addTargetOptions(command: Command): Command {
  return command
    .requiredOption('--target <name>', 'target, such as production')
    .requiredOption('--model <name>', 'model, such as glossary');
}

/** Connects, works, and closes whatever happens. */
export async function withClient<T>(options: ServerOptions, work: (client: WindlassClient) => Promise<T>): Promise<T> {
  const client = await WindlassClient.connect(options);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export function parsePositiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `24h`, `7d` in milliseconds. */
export function parseGrace(text: string): number {
  const { count = '', unit = '' } = /^(?<count>\d+)(?<unit>[smhd])$/u.exec(text)?.groups ?? {};
  const graceMs = Number(count) * (unitsMs[unit] ?? 0);
  if (!Number.isSafeInteger(graceMs) || graceMs < shortestGraceMs)
    throw new InvalidArgumentError('It must be a time from 60s such as 90m, 24h or 7d.');
  return graceMs;
}

export function parseTemperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 5))
    throw new InvalidArgumentError('It must be a number from 0 to 5.');
  return value;
}

/** Result for people or for scripts. */
export function printResult(options: OutputOptions, document: unknown, lines: readonly string[]): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(document, null, 2)}\n` : `${lines.join('\n')}\n`);
}
