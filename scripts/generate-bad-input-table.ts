/** Writes docs/bad-input.md from the fixtures of wrong run inputs and broken corpora; a test fails when it is not current. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { readBrokenCorpora, readWrongSpecs } from './bad-input-fixtures.ts';
import { badInputPage } from './bad-input-table.ts';

const page = fileURLToPath(new URL('../docs/bad-input.md', import.meta.url));
writeFileSync(page, badInputPage(readWrongSpecs(), readBrokenCorpora()));
