import type { Command } from 'commander';

import type { DeployOutcome, TargetModel } from '../../../contracts/serving.ts';
import type { OutputOptions, ServerOptions } from '../cli-options.ts';
import {
  addJsonOption,
  addServerOptions,
  addTargetOptions,
  parsePositiveInteger,
  printResult,
  withClient,
} from '../cli-options.ts';
import { durationText } from '../figures.ts';
import { outcomeLines, targetLines } from '../release-view.ts';

type ReleaseOptions = ServerOptions & OutputOptions & TargetModel;

export function addReleaseCommands(program: Command): void {
  releaseCommand(program, 'releases', 'show what is live on a target, and what was').action(showReleases);
  releaseCommand(program, 'deploy', 'make a registered version live: load, smoke test, switch')
    .requiredOption('--version <number>', 'version of the model', parsePositiveInteger)
    .option('--as <name>', "who deploys (default: the operating system's user)")
    .action(deploy);
  releaseCommand(program, 'rollback', 'make an earlier release live again')
    .option('--to <version>', 'version to go back to (default: what was live before)', parsePositiveInteger)
    .option('--as <name>', "who rolls back (default: the operating system's user)")
    .action(rollback);
}

function releaseCommand(program: Command, name: string, description: string): Command {
  return addServerOptions(addJsonOption(addTargetOptions(program.command(name).description(description))));
}

async function showReleases(options: ReleaseOptions): Promise<void> {
  const view = await withClient(options, (client) => client.releases(options.target, options.model));
  printResult(options, view, targetLines(view));
}

interface DeployOptions extends ReleaseOptions {
  readonly version: number;
  readonly as?: string;
}

async function deploy(options: DeployOptions): Promise<void> {
  const { target, model, version } = options;
  const startedMs = Date.now();
  const outcome = await withClient(options, (client) =>
    client.deploy({ target, model, version, ...requester(options) }),
  );
  printOutcome(options, outcome, startedMs);
}

interface RollbackOptions extends ReleaseOptions {
  readonly to?: number;
  readonly as?: string;
}

async function rollback(options: RollbackOptions): Promise<void> {
  const { target, model, to } = options;
  const startedMs = Date.now();
  const goal = to === undefined ? {} : { to };
  const outcome = await withClient(options, (client) =>
    client.rollback({ target, model, ...goal, ...requester(options) }),
  );
  printOutcome(options, outcome, startedMs);
}

function requester(options: { readonly as?: string }): { readonly requester?: string } {
  return options.as === undefined ? {} : { requester: options.as };
}

function printOutcome(options: ReleaseOptions, outcome: DeployOutcome, startedMs: number): void {
  const durationMs = Date.now() - startedMs;
  const lines = [...outcomeLines(options, outcome), `  done in ${durationText(durationMs)}`];
  printResult(options, { ...outcome, durationMs }, lines);
  if (outcome.kind === 'rolled-back') process.exitCode = 1;
}
