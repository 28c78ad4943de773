import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import { buildProgram } from '../src/client/cli/program.ts';

const repository = fileURLToPath(new URL('../', import.meta.url));
const read = (page: string): string => readFileSync(join(repository, page), 'utf8');
const pages = ['README.md', ...markdownIn('docs')];

function markdownIn(folder: string): readonly string[] {
  const names = readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

/** Relative targets of `[text](target)` and `![text](target)`, outside of code blocks. */
function linksOf(page: string): readonly string[] {
  const prose = read(page).replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Anchors as GitHub makes them from headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function isDead(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(repository, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

/** Command lines in code: blocks line by line, and `spans`; `<run>` and the like stay as they are. */
function commandLines(page: string): readonly string[] {
  const text = read(page);
  const fenced = [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```/gm)].filter(([, language]) => language === 'sh');
  const blocks = fenced.flatMap(([, , block = '']) => block.split('\n'));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks, ...spans].map((line) => line.replace(/\s#.*$/, '').trim());
}

function windlassCalls(page: string): readonly string[] {
  return commandLines(page).flatMap((line) => /^(?:npx )?windlass ([a-z].*)$/.exec(line)?.[1] ?? []);
}

const stackCommands = ['up', 'down', 'doctor'];
/** Though they have commands below them. */
const actOfThemselves = ['jobs'];
const stackOptions = ['--home', '--json', '--platform', '--help'];

/** What of a call the command line does not know; null: it knows all. `up|down` means each of them. */
function unknownPart(call: string): string | null {
  const [first = '', ...rest] = call.split(/\s+/);
  const options = rest
    .map((word) => word.replace(/^\[/, '').replace(/\]$/, ''))
    .filter((word) => /^--[a-z]/.test(word));
  for (const name of first.split('|')) {
    const found = commandNamed(buildProgram(), [name, ...rest]);
    if (found === null) return name;
    const known = stackCommands.includes(name) ? stackOptions : optionsOf(found);
    const unknown = options.find((option) => !known.includes(option));
    if (unknown !== undefined) return `${name} ${unknown}`;
  }
  return null;
}

function commandNamed(parent: Command, [name = '', ...rest]: readonly string[]): Command | null {
  const found = parent.commands.find((command) => command.name() === name);
  if (found === undefined) return null;
  const isWhole = found.commands.length === 0 || (rest.length === 0 && actOfThemselves.includes(name));
  return isWhole ? found : commandNamed(found, rest);
}

function optionsOf(command: Command): readonly string[] {
  return [...command.options.flatMap(({ long }) => long ?? []), '--help'];
}

describe.each(pages)('%s', (page) => {
  test('has no dead link', () => {
    expect(linksOf(page).filter((link) => isDead(page, link))).toEqual([]);
  });

  test('names only commands and options that the command line has', () => {
    expect(windlassCalls(page).flatMap((call) => unknownPart(call) ?? [])).toEqual([]);
  });

  test('names only npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...read(page).matchAll(/`npm run ([a-z:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

test('the README names every command of the command line that people start with', () => {
  const named = windlassCalls('README.md').map((call) => call.split(' ')[0]);
  for (const command of ['up', 'down', 'doctor', 'run', 'status', 'logs', 'approve', 'ask', 'rollback', 'releases']) {
    expect(named).toContain(command);
  }
});

test('every page is reached from the README or from a page that it names', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const link of linksOf(page)) {
      const target = join(dirname(page), link.split('#')[0] ?? '');
      if (target.endsWith('.md')) reached.add(target);
    }
  }
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
