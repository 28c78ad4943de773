import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { repositoryFile } from '../../adapters/platform/test-platform.ts';

export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process of its own, in an empty folder, against a server. */
export interface CliLab {
  windlass(...args: readonly string[]): Promise<Called>;
  /** Writes a run input; gives the name to call it by. */
  inputFile(name: string, content: unknown): string;
  remove(): void;
}

export function openCliLab(address: string): CliLab {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-client-'));
  return {
    windlass: async (...args) => {
      const main = repositoryFile('src/client/cli/main.ts');
      const env = { ...process.env, TEMPORAL_ADDRESS: address, WINDLASS_HOME: join(folder, 'home') };
      const child = spawn(repositoryFile('node_modules/.bin/node'), [main, ...args], { env, cwd: folder });
      const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
      const [status] = (await once(child, 'close')) as [number];
      return { status, stdout: stdout(), stderr: stderr() };
    },
    inputFile: (name, content) => {
      writeFileSync(join(folder, name), JSON.stringify(content));
      return name;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (part: Buffer) => (text += part.toString()));
  return () => text;
}
