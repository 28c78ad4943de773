import { describe, expect, test } from 'vitest';

import { metricPoints, progressLine } from '../../src/activities/job-progress.ts';

const progress = { timeMs: 7, phase: 'train', message: 'step 40/120 · loss 3.1' };

describe('a line of progress', () => {
  test.each([
    [undefined, 'step 40/120 · loss 3.1'],
    [0, 'step 40/120 · loss 3.1 · ETA 0:00'],
    [52.4, 'step 40/120 · loss 3.1 · ETA 0:52'],
    [59.6, 'step 40/120 · loss 3.1 · ETA 1:00'],
    [3725, 'step 40/120 · loss 3.1 · ETA 62:05'],
    [-3, 'step 40/120 · loss 3.1 · ETA 0:00'],
  ])('with %s seconds to go reads "%s"', (etaSeconds, line) => {
    expect(progressLine({ ...progress, ...(etaSeconds === undefined ? {} : { etaSeconds }) })).toBe(line);
  });

  test('gives a point for each of its metrics, at step 0 where it has none', () => {
    const metrics = { train_loss: 'NaN', learning_rate: 0.1 };
    expect(
      metricPoints('train', [progress, { ...progress, step: 3, metrics }, { ...progress, metrics: { rows: 1 } }]),
    ).toEqual([
      { name: 'train/train_loss', value: 'NaN', step: 3, timeMs: 7 },
      { name: 'train/learning_rate', value: 0.1, step: 3, timeMs: 7 },
      { name: 'train/rows', value: 1, step: 0, timeMs: 7 },
    ]);
  });
});
