import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Command } from 'commander';

import { findHome } from '../../stack-home.ts';

const descriptions = {
  up: 'start the embedded stack: Temporal, MLflow, Triton, workers',
  down: 'stop the embedded stack; its data stays',
  doctor: 'say what is missing or broken, without starting anything',
} as const;

/** `up`, `down` and `doctor` are the stack's own program: all their arguments go to it as they are. */
export function addStackCommands(program: Command): void {
  for (const [name, description] of Object.entries(descriptions)) {
    program
      .command(name)
      .description(description)
      .argument('[options...]', 'options of the stack; --help lists them')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (args: readonly string[]) => {
        process.exitCode = await runStack([name, ...args, ...homeArguments(args)]);
      });
  }
}

/** The stack is the one that all other commands mean, too. */
function homeArguments(args: readonly string[]): readonly string[] {
  const isNamed = args.some((arg) => arg === '--home' || arg.startsWith('--home='));
  const home = isNamed ? null : findHome({});
  return home === null ? [] : ['--home', home];
}

async function runStack(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [stackMain(), ...args], { stdio: 'inherit' });
  process.on('SIGINT', leaveToChild);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGINT', leaveToChild);
  return code ?? 1;
}

/** Ctrl-C reaches the whole process group: the stack ends in its own way and this command with its status. */
function leaveToChild(): void {}

/** Beside this file in sources (.ts) and in the build (.js) alike. */
function stackMain(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../../stack/main.${ending}`, import.meta.url));
}
