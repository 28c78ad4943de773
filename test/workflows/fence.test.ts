import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createFence } from '../../src/workflows/fence.ts';

test('each change of a lease has a higher token than the one before', () => {
  const fence = createFence({ token: 3 });
  expect([fence(), fence(), fence()]).toEqual([3000, 3001, 3002]);
});

test('every token of a later lease is higher than any of an earlier one', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(2000), (token, changes) => {
      const [earlier, later] = [createFence({ token }), createFence({ token: token + 1 })];
      for (let change = 0; change < changes; change++) earlier();
      expect(earlier()).toBeLessThan(later());
    }),
  );
});
