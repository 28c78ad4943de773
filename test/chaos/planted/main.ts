import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { PlantedBug } from './planted-bugs.ts';
import { plant, plantedBugs } from './planted-bugs.ts';

/*
 * `npm run chaos:planted-bugs [name …]`: shows that the oracle sees. Each bug is written into a copy of the sources, a case of the
 * slice is played there, and it must end with 1.
 */

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const copied = ['src', 'test', 'scripts', 'jobs', 'package.json', 'tsconfig.json'];
const linked = ['node_modules', '.venv'];

interface Finding {
  readonly bug: string;
  readonly exitCode: number;
  /** The rule that was broken first, with what was found; null: the oracle saw nothing, whatever the exit status. */
  readonly seen: string | null;
}

async function findBug(bug: PlantedBug): Promise<Finding> {
  const copy = mkdtempSync(join(tmpdir(), 'windlass-planted-'));
  try {
    for (const name of copied) cpSync(join(repository, name), join(copy, name), { recursive: true });
    for (const name of linked) symlinkSync(join(repository, name), join(copy, name));
    plant(copy, bug);
    const { exitCode, output } = await playCase(copy, bug.seenBy);
    return { bug: bug.name, exitCode, seen: firstViolation(output) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function playCase(copy: string, index: number): Promise<{ readonly exitCode: number; readonly output: string }> {
  const main = join(copy, 'test', 'chaos', 'main.ts');
  const child = spawn(process.execPath, [main, '--slice', '--replay', String(index), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { exitCode, output };
}

function firstViolation(output: string): string | null {
  const told = /VIOLATION [^\n]*\n([^\n]*)\n([^\n]*)\n([^\n]*)/u.exec(output);
  if (told === null) return null;
  return told
    .slice(1)
    .map((line) => line.trim())
    .join(' · ');
}

const names = process.argv.slice(2);
const findings: Finding[] = [];
for (const bug of plantedBugs) if (names.length === 0 || names.includes(bug.name)) findings.push(await findBug(bug));
const rows = findings.map(({ bug, exitCode, seen }) => `| ${bug} | ${exitCode} | ${seen ?? 'nothing'} |`);
process.stdout.write(['| planted bug | exit | the oracle saw |', '|---|---|---|', ...rows, ''].join('\n'));
process.exitCode = findings.every(({ exitCode, seen }) => exitCode === 1 && seen !== null) ? 0 : 1;
