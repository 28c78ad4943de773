import type { RunStatus } from '../../contracts/run-status.ts';
import { isEnded } from '../../contracts/run-status.ts';
import { findHome, readStackState } from '../stack-home.ts';
import type { WindlassClient } from '../windlass-client.ts';
import type { OutputOptions, ServerOptions } from './cli-options.ts';
import { printResult } from './cli-options.ts';
import { CommandFailed } from './exit-status.ts';
import { durationText } from './figures.ts';
import { followRun } from './follow-run.ts';
import { createRunDisplay } from './run-display.ts';

export interface StartOptions extends ServerOptions, OutputOptions {
  readonly wait?: boolean;
}

export const waitHelp =
  'follow the run to its end, or until it needs attention; its failure is the status of this command';

/** What follows the start of a run: its whole way, or where to look for it. */
export async function showStarted(client: WindlassClient, runId: string, options: StartOptions): Promise<void> {
  if (options.wait === true) await waitForRun(client, runId, options);
  else printStarted(runId, options);
}

function printStarted(runId: string, options: StartOptions): void {
  const page = temporalPage(runId, options);
  const document = { runId, ...(page === null ? {} : { links: { Temporal: page } }) };
  printResult(options, document, [
    `started ${runId}`,
    `  windlass status ${runId} --watch`,
    ...(page === null ? [] : [`  ${page}`]),
  ]);
}

async function waitForRun(client: WindlassClient, runId: string, options: StartOptions): Promise<void> {
  const stream = options.json === true ? process.stderr : process.stdout;
  const status = await followRun(client, { runId, display: createRunDisplay(stream), isOver: isSettled });
  try {
    const result = await client.wait(runId);
    printResult(options, result, [
      '',
      `${result.model} version ${result.version} is live on ${result.target}, after ${totalTime(status)}`,
    ]);
  } catch (error) {
    throw new CommandFailed(error, { runId, status });
  }
}

/** A run that waits for a person goes on some day; who waits for it here learns it now. */
function isSettled(status: RunStatus): boolean {
  return isEnded(status) || status.attention !== null;
}

function totalTime({ stages }: RunStatus): string {
  return durationText(stages.reduce((total, { durationMs }) => total + (durationMs ?? 0), 0));
}

function temporalPage(runId: string, options: StartOptions): string | null {
  const home = options.address === undefined ? findHome(options) : null;
  const url = home === null ? undefined : readStackState(home)?.endpoints.temporalUiUrl;
  const namespace = encodeURIComponent(options.namespace ?? 'default');
  return url === undefined
    ? null
    : `${url.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(runId)}`;
}
