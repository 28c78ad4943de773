import { expect, test } from 'vitest';
import { tellStaleWatch } from '../../src/workers/stale-watch-chore.ts';

test('a watch without a sign of life is told once, and once that it is back', async () => {
  let silenceMs: number | null = null;
  const chore = tellStaleWatch({ stalenessMs: () => silenceMs });
  const told: string[] = [];
  for (const ms of [null, 60_000, 121_000, 131_000, 5_000, 60_000, 121_000]) {
    silenceMs = ms;
    told.push(...(await chore.run()));
  }
  expect(told).toEqual([
    expect.stringContaining('no sign of life for 121 s'),
    'the watch of Jobs is alive again',
    expect.stringContaining('no sign of life for 121 s'),
  ]);
});
