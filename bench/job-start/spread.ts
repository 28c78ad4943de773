import { nearestRank } from '../../src/activities/smoke/percentiles.ts';

/** How long something took, over many times. */
export interface Spread {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Values that were measured, to the tenth of a millisecond. */
export function spreadOf(valuesMs: readonly number[]): Spread {
  const at = (share: number): number => Math.round(nearestRank(valuesMs, share) * 10) / 10;
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };
}
