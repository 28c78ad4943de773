/** How long something took, over many times. */
export interface Spread {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** By nearest rank, so that each is a value that was measured, to the tenth of a millisecond. */
export function spreadOf(valuesMs: readonly number[]): Spread {
  const ascending = valuesMs.toSorted((one, other) => one - other);
  const rank = (share: number): number => {
    const value = ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? 0;
    return Math.round(value * 10) / 10;
  };
  return { p50Ms: rank(0.5), p90Ms: rank(0.9), p99Ms: rank(0.99), maxMs: rank(1) };
}
