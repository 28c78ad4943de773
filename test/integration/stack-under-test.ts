import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';

import type { JsonObject } from '../../src/contracts/json.ts';
import type { StackState } from '../../src/contracts/stack-state.ts';
import { WindlassClient } from '../../src/client/windlass-client.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(repository, 'dist', 'client', 'cli', 'main.js');

/** An embedded stack of its own, with real servers, in a temporary folder. */
export interface StackUnderTest {
  readonly home: string;
  readonly state: StackState;
  readonly client: WindlassClient;
  /** Runs `windlass …` against this stack. */
  windlass(...args: readonly string[]): Promise<CommandResult>;
  /** Ends a run by force, as a person may do in the Temporal UI. */
  terminate(runId: string): Promise<void>;
  down(): Promise<void>;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the runs of a stack begin from. */
export interface Ground {
  readonly platformFile: string;
  /** Where its presets look for rows, from the folder in which it lies. */
  readonly corpusFolder: string;
  readonly writeCorpus: (folder: string) => void;
}

export interface StackOptions {
  /** Default: a tiny model and a made-up language. */
  readonly ground?: Ground;
  /** `s3://…`; default: a directory in the home. */
  readonly storeUri?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** More of the platform file, by the folder in which the corpus lies. */
  readonly platform?: (corpus: string) => JsonObject;
}

export async function startStack({ environment = {}, ...options }: StackOptions = {}): Promise<StackUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-it-'));
  const home = join(folder, 'home');
  const platform = writePlatform(folder, options);
  const windlass = async (...args: readonly string[]): Promise<CommandResult> =>
    run(args, { ...environment, WINDLASS_HOME: home });
  const up = await windlass('up', '--platform', platform, '--json');
  if (up.exitCode !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`the stack did not come up: ${up.stderr}${up.stdout}`);
  }
  const client = await WindlassClient.connect({ home });
  return {
    home,
    state: JSON.parse(up.stdout) as StackState,
    client,
    windlass,
    terminate: async (runId) => terminate((JSON.parse(up.stdout) as StackState).endpoints.temporalAddress, runId),
    down: async () => {
      await client.close();
      await windlass('down');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function terminate(address: string, runId: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await new Client({ connection }).workflow.getHandle(runId).terminate('by a test');
  await connection.close();
}

const tinyGround: Ground = {
  platformFile: join(repository, 'test', 'integration', 'windlass.yaml'),
  corpusFolder: 'corpus',
  writeCorpus,
};

function writePlatform(
  folder: string,
  { storeUri, platform, ground = tinyGround }: Omit<StackOptions, 'environment'>,
): string {
  const path = join(folder, 'windlass.yaml');
  const corpus = join(folder, ground.corpusFolder);
  ground.writeCorpus(corpus);
  const usual = parse(readFileSync(ground.platformFile, 'utf8')) as JsonObject;
  const store = storeUri === undefined ? {} : { store: { uri: storeUri } };
  writeFileSync(path, stringify({ ...usual, ...store, ...platform?.(corpus) }));
  return path;
}

/** 160 different rows of a made-up language, the same every time. */
function writeCorpus(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const syllables = ['ba', 'ke', 'lo', 'mi', 'nu', 'ra', 'se', 'ti', 'vo', 'zu'];
  const word = (seed: number): string =>
    [7, 31, 101].map((step) => syllables[Math.floor(seed / step + seed * step) % syllables.length] ?? '').join('');
  const rows = Array.from({ length: 160 }, (_, index) => ({
    prompt: `Define the noun "${word(index)}${index}".`,
    response: Array.from({ length: 6 + (index % 5) }, (__, place) => word(index * 13 + place * 7)).join(' '),
  }));
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandResult> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: repository,
    // Ctrl-C in a terminal is for who holds the stack: it still needs these commands to take it down.
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { exitCode, stdout, stderr };
}
