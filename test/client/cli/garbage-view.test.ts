import { expect, test } from 'vitest';

import { garbageLines } from '../../../src/client/cli/garbage-view.ts';
import type { GarbageReport } from '../../../src/contracts/garbage.ts';

const artifacts = { kind: 'artifact', count: 1, sizeBytes: 1_500_000 } as const;
const looked: GarbageReport = { olderThanMs: 86_400_000, garbage: [artifacts], kept: [], removed: null };

test('says what is garbage, and how to remove it', () => {
  expect(garbageLines(looked)).toEqual([
    'nothing refers to this, which is older than 24:00:00:',
    '  1 artifact  1.5 MB',
    '',
    'nothing was removed; do it with --yes',
  ]);
});

test('says what keeps the rest', () => {
  const kept = [{ kind: 'checkpoint', count: 2, sizeBytes: 10, by: 'open-run' }] as const;
  expect(garbageLines({ ...looked, garbage: [], kept })).toEqual([
    'nothing is garbage that is older than 24:00:00',
    '',
    'kept:',
    '  2 sets of training checkpoints  10 B  by a run that is open',
  ]);
});

test('says what was removed, also where a run was faster', () => {
  expect(garbageLines({ ...looked, removed: [artifacts] }).slice(-2)).toEqual(['removed:', '  1 artifact  1.5 MB']);
  expect(garbageLines({ ...looked, removed: [] }).at(-1)).toBe('nothing was removed');
});
