import type { StepResult } from './step.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Reads the summary line of pytest (`=== 3 failed, 21 passed, 1 skipped in 3.21s ===`) or vitest (`Tests  1 failed | 12 passed (13)`).
 * A runner that failed without a failed test, or printed no summary, is one failure.
 */
export function countsIn({ output, exitCode }: Pick<StepResult, 'output' | 'exitCode'>): TestCounts {
  // oxlint-disable-next-line no-control-regex -- colour codes are control characters
  const lines = output.replaceAll(/\u001B\[[0-9;]*m/gu, '').split('\n');
  const summary = lines.findLast((line) =>
    /^\s*Tests\s|^=*\s*\d+ (passed|failed|skipped|errors?).* in [\d.]+s/u.test(line),
  );
  const count = (pattern: RegExp): number => Number(pattern.exec(summary ?? '')?.[1] ?? 0);
  const failed = count(/(\d+) failed/u) + count(/(\d+) errors?/u);
  const broken = summary === undefined || (exitCode !== 0 && failed === 0) ? 1 : 0;
  return { passed: count(/(\d+) passed/u), failed: failed + broken, skipped: count(/(\d+) skipped/u) };
}
