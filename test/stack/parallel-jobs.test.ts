import { expect, test } from 'vitest';

import { parallelJobs } from '../../src/stack/parallel-jobs.ts';

const gibibyte = 2 ** 30;

test.each([
  [{ cores: 2, memoryBytes: 6 * gibibyte }, 1],
  [{ cores: 2, memoryBytes: 24 * gibibyte }, 2],
  [{ cores: 64, memoryBytes: 128 * gibibyte }, 32],
  [{ cores: 4, memoryBytes: gibibyte }, 1],
])('a machine with %o runs %i jobs at once', (machine, jobs) => {
  expect(parallelJobs(machine)).toBe(jobs);
});
