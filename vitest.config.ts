import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
    // Real servers on two busy cores: a test that fails is tried once more before it counts. A defect fails twice.
    retry: 1,
    reporters: ['default'],
  },
});
