import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

const longRuns = /\/test\/(integration|chaos|bench)\//u;

/** Files that take minutes begin first, so that no worker is left alone with one at the end. */
class LongRunsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return longRuns.test(moduleId);
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They have a command of their own: `npm run test:cluster`.
    exclude: ['test/cluster/**'],
    // Guards against what hangs: the longest test takes minutes, and a machine may be several times slower than the next.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    pool: 'forks',
    maxWorkers: 3,
    reporters: ['default'],
    sequence: { sequencer: LongRunsFirst },
  },
});
