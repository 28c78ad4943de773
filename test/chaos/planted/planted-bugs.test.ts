import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { plantedBugs, withBug } from './planted-bugs.ts';

const repository = join(import.meta.dirname, '../../..');

test.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
  '"%s" can be planted into the sources as they are',
  (_name, bug) => {
    const text = readFileSync(join(repository, bug.file), 'utf8');
    expect(withBug(text, bug)).not.toBe(text);
  },
);
