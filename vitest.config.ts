import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // test/cluster has a command of its own; the rest is played by `npm run chaos -- --slice` and the bench commands until they have been seen to pass on a quiet machine.
    exclude: ['test/cluster/**', 'test/chaos/chaos.test.ts', 'test/bench/**'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
    // Real servers on two busy cores: a test that fails is tried once more before it counts. A defect fails twice.
    retry: 1,
    reporters: ['default'],
  },
});
