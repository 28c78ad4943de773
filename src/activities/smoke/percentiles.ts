import type { Percentiles } from '../../contracts/serving.ts';

/** Nearest-rank percentiles, so that each is a value that was measured, to the hundredth of a millisecond; zeros where nothing was. */
export function percentilesOf(valuesMs: readonly number[]): Percentiles {
  const at = (share: number): number => Math.round(nearestRank(valuesMs, share) * 100) / 100;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The smallest value that this share of all (0 to 1) does not exceed; 0 where there is none. */
export function nearestRank(values: readonly number[], share: number): number {
  const ascending = values.toSorted((one, other) => one - other);
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? 0;
}
