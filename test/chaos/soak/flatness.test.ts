import { expect, test } from 'vitest';

import { trendOf } from './flatness.ts';

test('what comes and goes is flat', () => {
  expect(trendOf('memory', [200, 260, 190, 240, 230, 210, 250, 200])).toMatchObject({ isFlat: true });
});

test('what grows with every run is not', () => {
  const grows = Array.from({ length: 60 }, (_, index) => 100 + index * 5);
  expect(trendOf('handles', grows)).toEqual({ name: 'handles', first: 135, last: 360, isFlat: false });
});
