import type { Percentiles } from '../../contracts/serving.ts';

/** Nearest-rank percentiles, so that each is a value that was measured; zeros where nothing was. */
export function percentilesOf(valuesMs: readonly number[]): Percentiles {
  const ascending = valuesMs.toSorted((one, other) => one - other);
  return { p50: rank(ascending, 0.5), p95: rank(ascending, 0.95), p99: rank(ascending, 0.99) };
}

function rank(ascending: readonly number[], fraction: number): number {
  const value = ascending[Math.max(0, Math.ceil(ascending.length * fraction) - 1)] ?? 0;
  return Math.round(value * 100) / 100;
}
