import { expect, test } from 'vitest';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';
import { tellStaleWatch } from '../../src/workers/stale-watch-chore.ts';

test('a watch without a sign of life is told once, and once that it is back', async () => {
  let silenceMs: number | null = null;
  const metrics = createFakeMetrics();
  const chore = tellStaleWatch({ stalenessMs: () => silenceMs }, metrics);
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
  expect(metrics.shown).toEqual({
    windlass_watch_staleness_seconds: [['windlass_watch_staleness_seconds', 121]],
  });
});
