import { spawn } from 'node:child_process';

/** A command of the gate or of the tests, with its output passed on. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface StepResult {
  readonly name: string;
  readonly exitCode: number;
  readonly seconds: number;
  readonly output: string;
}

/** Runs one step; its output is shown as it comes and kept for counting. */
export async function runStep(step: Step): Promise<StepResult> {
  const startedMs = performance.now();
  process.stdout.write(`\n── ${step.name}: ${step.command} ${step.args.join(' ')}\n`);
  const child = spawn(step.command, step.args, {
    cwd: step.cwd ?? '.',
    env: { ...process.env, ...step.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    process.stdout.write(chunk);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      process.stdout.write(`${step.command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
  return { name: step.name, exitCode, seconds: (performance.now() - startedMs) / 1000, output };
}

export function stepTable(results: readonly StepResult[]): string {
  return results
    .map(({ name, exitCode, seconds }) => `${exitCode === 0 ? '✓' : '✗'} ${name.padEnd(28)} ${seconds.toFixed(1)} s`)
    .join('\n');
}
