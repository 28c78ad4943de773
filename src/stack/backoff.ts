const firstMs = 500;
const longestMs = 30_000;

/** From this many starts in a row that did not become ready, a server counts as failed (and is still tried again). */
export const failedAfter = 4;

/** Pause before the next start: 0.5 s, doubled with each start in a row that did not last, at most 30 s. */
export function restartDelayMs(failuresInRow: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, failuresInRow - 1));
}
