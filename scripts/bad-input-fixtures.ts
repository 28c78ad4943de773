import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { BrokenCorpus, WrongSpec } from './bad-input-table.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const printCorpora = `
import json
from tests.broken_corpora import BROKEN_CORPORA
shown = ("title", "name", "row", "field", "message")
print(json.dumps([{key: getattr(corpus, key) for key in shown} for corpus in BROKEN_CORPORA]))
`;

/** The wrong run inputs that tests check, each with every line of its message. */
export function readWrongSpecs(): readonly WrongSpec[] {
  return JSON.parse(readFileSync(path('test/fixtures/wrong-specs.json'), 'utf8')) as readonly WrongSpec[];
}

/** The broken corpora that the tests of the jobs check. */
export function readBrokenCorpora(): readonly BrokenCorpus[] {
  const output = execFileSync(path('.venv/bin/python'), ['-B', '-c', printCorpora], {
    cwd: path('jobs'),
    encoding: 'utf8',
  });
  return JSON.parse(output) as readonly BrokenCorpus[];
}
