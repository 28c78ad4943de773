import { Command, CommanderError } from 'commander';
import { AdapterError } from '../adapters/errors.ts';
import type { StackState } from '../contracts/stack-state.ts';
import { PayloadKeyError, readPayloadKeys } from '../protocols/temporal/payload-keys.ts';
import { examine, formatChecks } from './doctor.ts';
import { findInstallation } from './installation.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';
import { stackHome } from './stack-home.ts';
import { readPlatformSource } from './stack-plan.ts';
import { awaitStopping, stopStack } from './stop-stack.ts';
import { formatEndpoints } from './up-report.ts';
import { UpProgress } from './up-progress.ts';
import { isRunning, startSupervisor, waitForStack } from './up.ts';

interface CommonOptions {
  readonly home: string;
  readonly json: boolean;
}

interface UpCommandOptions extends CommonOptions {
  readonly platform?: string;
}

async function up(options: UpCommandOptions): Promise<void> {
  const home = stackHome(options.home);
  const source = readPlatformSource(options.platform);
  readPayloadKeys(process.env);
  await awaitStopping(home);
  if (await isRunning(home)) {
    const state = await waitForStack({ home, stopOnFailure: false, onState: () => undefined });
    return reportUp(state, { ...options, first: false });
  }
  const progress = new UpProgress(source.targets, { silent: options.json });
  startSupervisor(home, options.platform);
  reportUp(await followStart(home, progress), { ...options, first: true });
}

async function followStart(home: StackHome, progress: UpProgress): Promise<StackState> {
  const shown = progress.show();
  try {
    const onState = (state: StackState): void => progress.update(state);
    return await waitForStack({ home, stopOnFailure: true, onState });
  } catch (error) {
    progress.fail();
    throw error;
  } finally {
    await shown;
  }
}

function reportUp(state: StackState, options: { readonly json: boolean; readonly first: boolean }): void {
  if (options.json) return print(JSON.stringify(state, null, 2));
  print(`The stack ${options.first ? 'is up' : 'was already up'}.\n${formatEndpoints(state)}`);
}

async function down(options: CommonOptions): Promise<void> {
  const stopped = await stopStack(stackHome(options.home));
  if (options.json) return print(JSON.stringify({ stoppedProcesses: stopped }));
  print(stopped === 0 ? 'The stack was not running.' : 'The stack is down; its data stays.');
}

async function doctor(options: CommonOptions): Promise<void> {
  const checks = await examine(findInstallation(), stackHome(options.home));
  const ok = checks.every((check) => check.status === 'ok');
  print(options.json ? JSON.stringify({ ok, checks }, null, 2) : formatChecks(checks));
  if (!ok) process.exitCode = 1;
}

/** Loaded only here: it brings a Temporal client with it, which the commands of people need not wait for. */
async function supervise(options: { readonly home: string; readonly platform?: string }): Promise<void> {
  const { runSupervisor } = await import('./supervise.ts');
  await runSupervisor(stackHome(options.home), options.platform);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `windlass up | head` ends the reader first: that is no failure, and the stack starts all the same. */
function endQuietlyOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function buildProgram(): Command {
  const program = new Command('windlass').exitOverride();
  const command = (name: string, about: string): Command => {
    return program
      .command(name)
      .description(about)
      .option('--home <dir>', 'directory of the stack', '.windlass')
      .option('--json', 'one JSON document on stdout', false)
      .hook('preAction', () => void process.stdout.on('error', endQuietlyOnBrokenPipe));
  };
  command('up', 'start the embedded stack')
    .option('--platform <file>', 'platform file (default: windlass.yaml where there is one)')
    .action(up);
  command('down', 'stop the embedded stack; its data stays').action(down);
  command('doctor', 'check this machine and this stack without starting anything').action(doctor);
  program
    .command('supervise', { hidden: true })
    .requiredOption('--home <dir>')
    .option('--platform <file>')
    .action(supervise);
  return program;
}

/** Exit status: 0 done, 1 failed, 2 usage. */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isNamed = [StackError, AdapterError, PayloadKeyError].some((kind) => error instanceof kind);
  if (!isNamed || !(error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  return 1;
}

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitStatusOf(error);
}
