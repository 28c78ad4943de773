import { expect, test } from 'vitest';

import { countsIn } from '../../scripts/test-counts.ts';

test.each([
  { output: '==== 21 passed, 3 skipped, 1 warning in 3.21s ====', exitCode: 0, counts: [21, 0, 3] },
  { output: '21 passed, 1 warning in 93.21s (0:01:33)', exitCode: 0, counts: [21, 0, 0] },
  { output: '3 failed, 21 passed, 2 errors in 3.21s', exitCode: 1, counts: [21, 5, 0] },
  { output: ' \u001B[2mTests\u001B[22m  1 failed | 12 passed (13)', exitCode: 1, counts: [12, 1, 0] },
  { output: 'nothing to say, though all is well', exitCode: 0, counts: [0, 1, 0] },
  { output: ' Tests  12 passed (12)\nUnhandled error', exitCode: 1, counts: [12, 1, 0] },
])('counts $counts in "$output"', ({ output, exitCode, counts }) => {
  const { passed, failed, skipped } = countsIn({ output, exitCode });
  expect([passed, failed, skipped]).toEqual(counts);
});
