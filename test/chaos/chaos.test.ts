import { expect, test } from 'vitest';

import { runChaos } from './driver/run-chaos.ts';
import { slice } from './plan/slice.ts';

/* A short slice of `npm run chaos` for CI: the cases that each planted bug turns red. */

test('runs end as they must, whatever dies meanwhile', async () => {
  const cases = slice.values();
  const nextCase = (): (typeof slice)[number] | null => cases.next().value ?? null;
  const outcome = await runChaos({ store: 'directory', lanes: slice.length, keep: false, nextCase, onCase: () => {} });
  expect(outcome.violations).toEqual([]);
  expect(outcome.cases.map(({ fired }) => fired.length > 0)).toEqual(slice.map(() => true));
});
