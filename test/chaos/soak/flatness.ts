/** A figure over a soak: its medians in the first and the last quarter. */
export interface Trend {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly isFlat: boolean;
}

/** Allowed growth between the quarters: what comes and goes with the runs that are just under way. */
const slack = { share: 0.2, absolute: 24 } as const;

export function trendOf(name: string, values: readonly number[]): Trend {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const first = median(values.slice(0, quarter));
  const last = median(values.slice(-quarter));
  return { name, first, last, isFlat: last <= first * (1 + slack.share) + slack.absolute };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
