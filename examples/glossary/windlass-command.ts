import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(repository, 'dist', 'client', 'cli', 'main.js');

/** Runs `windlass …` as a person would, its output on this terminal; resolves with its output and its exit status. */
export async function windlass(
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  const exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { exitCode, output };
}

export interface Endpoints {
  readonly temporalUiUrl: string;
  readonly mlflowUrl: string;
  readonly targets: Readonly<Record<string, { readonly grpcAddress: string }>>;
}

/** Where the embedded stack of this clone listens. */
export function stackEndpoints(): Endpoints {
  const home = process.env['WINDLASS_HOME'] ?? join(repository, '.windlass');
  return (JSON.parse(readFileSync(join(home, 'state.json'), 'utf8')) as { readonly endpoints: Endpoints }).endpoints;
}
