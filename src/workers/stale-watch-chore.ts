import type { JobWatch } from '../adapters/kubernetes/job-watch.ts';
import type { Metrics } from '../ports/metrics.ts';
import { unmeasured } from '../ports/metrics.ts';
import type { Chore } from './chores.ts';

/** A quiet watch hears of its server each minute, and one that hears nothing for longer than that is made anew after 90 s. */
const longestSilenceMs = 120_000;

/** Shows for how long the watch of Jobs has been silent; says once that is too long, and once when it is over. */
export function tellStaleWatch(watch: Pick<JobWatch, 'stalenessMs'>, metrics: Metrics = unmeasured): Chore {
  let isStale = false;
  return {
    name: 'look after the watch of Jobs',
    everySeconds: 10,
    run: async () => {
      const silenceMs = watch.stalenessMs() ?? 0;
      metrics.show('windlass_watch_staleness_seconds', [{ labels: {}, value: silenceMs / 1000 }]);
      const wasStale = isStale;
      isStale = silenceMs > longestSilenceMs;
      if (isStale === wasStale) return [];
      return [isStale ? staleLine(silenceMs) : 'the watch of Jobs is alive again'];
    },
  };
}

function staleLine(silenceMs: number): string {
  return `the watch of Jobs has shown no sign of life for ${Math.round(silenceMs / 1000)} s: each job is asked for by itself; look at the API server`;
}
