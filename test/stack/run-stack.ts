import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackState } from '../../src/contracts/stack-state.ts';
import { findInstallation } from '../../src/stack/installation.ts';
import { stackHome, type StackHome } from '../../src/stack/stack-home.ts';

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the stack's own program as people do. */
export async function runStack(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const { node, stackMain } = findInstallation();
  const child = spawn(node, [stackMain, ...args], { env: { ...process.env, ...environment } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, stdout, stderr };
}

/** Brings a stack up; fails with what it said where it does not come up. */
export async function bringUp(home: StackHome, ...args: readonly string[]): Promise<StackState> {
  const result = await runStack(['up', '--json', '--home', home.directory, ...args]);
  if (result.status !== 0) throw new Error(`up ended with ${result.status}: ${result.stderr}`);
  return JSON.parse(result.stdout) as StackState;
}

export async function makeHome(): Promise<StackHome> {
  return stackHome(await mkdtemp(join(tmpdir(), 'windlass-stack-')));
}

/** Stops the stack and removes its home. */
export async function removeHome(home: StackHome): Promise<void> {
  await runStack(['down', '--home', home.directory]);
  await rm(home.directory, { recursive: true, force: true });
}

export function pidOf(state: StackState, server: string): number {
  const pid = state.servers.find((entry) => entry.name === server)?.process?.pid;
  if (pid === undefined) throw new Error(`${server} has no process`);
  return pid;
}
