/** How a watch is kept alive. */
export interface WatchTiming {
  /** A connection on which nothing came for so long is given up; the API server sends a bookmark each minute. */
  readonly idleMs: number;
  /** After so long all is listed anew at the latest, whatever the watch has said. */
  readonly relistMs: number;
  /** Between two tries, doubled for each further one that was of no use. */
  readonly firstDelayMs: number;
  /** A try that went well for so long begins the count anew; nothing that arrived does. */
  readonly longestDelayMs: number;
  /** For so long a broken connection may be mended before what is known counts as old. */
  readonly mendingMs: number;
  /** For so long what is known may stand in for an API server that does not answer. */
  readonly heldMs: number;
}

export const watchTiming: WatchTiming = {
  idleMs: 90_000,
  relistMs: 300_000,
  firstDelayMs: 500,
  longestDelayMs: 15_000,
  mendingMs: 10_000,
  heldMs: 120_000,
};

/** Signs of life of a watch, in our own clock. */
export interface WatchPulse {
  /** Null: it has never listed. */
  readonly heardMs: number | null;
  /** Null: it is connected. */
  readonly brokenMs: number | null;
}

/** What may be made of what a watch knows: `held` only where the API server cannot be asked. */
export type Freshness = 'fresh' | 'held' | 'stale';

export function freshnessOf({ heardMs, brokenMs }: WatchPulse, timing: WatchTiming, nowMs: number): Freshness {
  if (heardMs === null || nowMs - heardMs > timing.heldMs) return 'stale';
  const isMending = brokenMs === null || nowMs - brokenMs <= timing.mendingMs;
  return isMending && nowMs - heardMs <= timing.idleMs ? 'fresh' : 'held';
}

/** Before the next try; `failures` in a row, none after one that went well. At least half of it, so that no server is hammered. */
export function watchDelayMs(failures: number, { firstDelayMs, longestDelayMs }: WatchTiming): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** failures) * (0.5 + Math.random() / 2);
}
