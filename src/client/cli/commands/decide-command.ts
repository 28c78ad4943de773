import type { Command } from 'commander';

import type { Decision } from '../../../contracts/approval.ts';
import type { Digest } from '../../../contracts/artifact.ts';
import { currentUser } from '../../run-request.ts';
import type { WindlassClient } from '../../windlass-client.ts';
import { WindlassError } from '../../windlass-error.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import { addJsonOption, addServerOptions, printResult, withClient } from '../cli-options.ts';

interface DecideOptions extends ServerOptions, OutputOptions {
  readonly as?: string;
  readonly comment?: string;
  readonly engine?: string;
}

export function addDecideCommands(program: Command): void {
  addDecideCommand(program, 'approve', 'approve the release that a run waits for');
  addDecideCommand(program, 'reject', 'reject the release that a run waits for; the run ends');
}

function addDecideCommand(program: Command, word: Decision['decision'], description: string): void {
  const command = program
    .command(word)
    .description(description)
    .argument('<run>', 'id of the run')
    .option('--as <name>', "who decides (default: the operating system's user)")
    .option('--comment <text>', 'why; kept with the release')
    .option('--engine <digest>', 'refuse unless this is the engine under decision (default: the one that waits now)');
  addServerOptions(addJsonOption(command)).action(async (runId: string, options: DecideOptions) => {
    await withClient(options, (client) => decide(client, { runId, word, options }));
  });
}

interface Deciding {
  readonly runId: string;
  readonly word: Decision['decision'];
  readonly options: DecideOptions;
}

async function decide(client: WindlassClient, { runId, word, options }: Deciding): Promise<void> {
  const engineDigest = (options.engine as Digest | undefined) ?? (await engineUnderDecision(client, runId));
  const decision: Decision = {
    decision: word,
    by: options.as ?? currentUser(),
    engineDigest,
    ...(options.comment === undefined ? {} : { comment: options.comment }),
  };
  await client.decide(runId, decision);
  const done = word === 'approve' ? 'approved' : 'rejected';
  printResult(options, { runId, ...decision }, [`${done} ${runId} as ${decision.by}`, `  engine ${engineDigest}`]);
}

async function engineUnderDecision(client: WindlassClient, runId: string): Promise<Digest> {
  const { approval, phase } = await client.status(runId);
  if (approval !== null) return approval.engineDigest;
  const advice = `See "windlass status ${runId}".`;
  throw new WindlassError('InvalidSpec', `run ${runId} is not waiting for a decision; it is ${phase}`, { advice });
}
