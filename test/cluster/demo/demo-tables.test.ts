import { expect, test } from 'vitest';
import type { StageName } from '../../../src/contracts/stage.ts';
import { digestTable, hasEqualBytes } from './demo-tables.ts';
import type { Played } from './play-run.ts';

const kinds = {
  'prepare-data': 'dataset',
  train: 'checkpoint',
  convert: 'weights',
  'build-engine': 'engine',
} as const satisfies Partial<Record<StageName, string>>;

function played(digests: Readonly<Record<keyof typeof kinds, string>>): Played {
  const stages = Object.entries(digests).map(([stage, digest]) => ({
    stage,
    artifact: { kind: kinds[stage as keyof typeof kinds], digest },
  }));
  return { base: { kind: 'base-model', digest: 'sha256:b' }, status: { runId: 'run', stages } } as unknown as Played;
}

const digests = { 'prepare-data': 'sha256:1', train: 'sha256:2', convert: 'sha256:3', 'build-engine': 'sha256:4' };

test('bytes are equal where every artifact is', () => {
  expect(hasEqualBytes(played(digests), played(digests))).toBe(true);
});

test.each(Object.keys(digests))('another artifact of %s makes them different, and is shown', (stage) => {
  const other = played({ ...digests, [stage]: 'sha256:5' });
  expect(hasEqualBytes(played(digests), other)).toBe(false);
  expect(digestTable(played(digests), other).match(/different/gu)).toHaveLength(1);
});

test('a run that has made no checkpoint is not equal to anything', () => {
  const { train: _, ...rest } = digests;
  expect(() => hasEqualBytes(played(rest as typeof digests), played(digests))).toThrow('train of run run');
});
