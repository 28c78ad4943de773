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

/** Runs one step; its output is kept for counting, and shown as it comes, or of a step beside another one at its end. */
export async function runStep(step: Step, shown: 'live' | 'at-end' = 'live'): Promise<StepResult> {
  const startedMs = performance.now();
  const title = `\n── ${step.name}: ${step.command} ${step.args.join(' ')}\n`;
  if (shown === 'live') process.stdout.write(title);
  const child = spawn(step.command, step.args, {
    cwd: step.cwd ?? '.',
    env: { ...process.env, ...step.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (text: string): void => {
    output += text;
    if (shown === 'live') process.stdout.write(text);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      take(`${step.command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
  if (shown === 'at-end') process.stdout.write(`${title}${output}`);
  return { name: step.name, exitCode, seconds: (performance.now() - startedMs) / 1000, output };
}

export function stepTable(results: readonly StepResult[]): string {
  return results
    .map(({ name, exitCode, seconds }) => `${exitCode === 0 ? '✓' : '✗'} ${name.padEnd(28)} ${seconds.toFixed(1)} s`)
    .join('\n');
}
