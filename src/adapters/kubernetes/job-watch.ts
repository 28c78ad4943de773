import type { Metrics } from '../../ports/metrics.ts';
import { unmeasured } from '../../ports/metrics.ts';
import type { ApiServer } from './api-server.ts';
import { createApiStream } from './api-stream.ts';
import { corePath, jobsPath } from './job-api.ts';
import { jobUidLabel, ownedJobsSelector } from './job-metadata.ts';
import type { ObjectWatch } from './object-watch.ts';
import { createObjectWatch } from './object-watch.ts';
import type { ObservedJob, ObservedPod } from './observed.ts';
import { observedJobSchema, observedPodSchema } from './observed.ts';
import type { Freshness, WatchTiming } from './watch-timing.ts';
import { freshnessOf, watchTiming } from './watch-timing.ts';

/**
 * All Jobs of Windlass in one namespace and their pods, without a request for each look: one list and one watch of each kind, however many
 * jobs there are. What it knows is never a verdict: it may be a moment behind, or cut off.
 */
export interface JobWatch {
  /** Begins, where it has not begun yet. */
  start(): void;
  find(jobUid: string): WatchedJob;
  freshness(): Freshness;
  /** For how long there was no sign of life; null: it has not begun. */
  stalenessMs(): number | null;
  /** Ends it for good. */
  close(): Promise<void>;
}

export interface WatchedJob {
  /** Null: none is known. */
  readonly job: ObservedJob | null;
  readonly pods: readonly ObservedPod[];
}

export interface JobWatchOptions {
  readonly server: ApiServer;
  readonly namespace: string;
  readonly timing?: WatchTiming;
  /** Called after each change is known: for figures, not for verdicts. */
  readonly onChange?: (jobUid: string) => void;
  readonly metrics?: Metrics;
}

export function createJobWatch(options: JobWatchOptions): JobWatch {
  const { timing = watchTiming } = options;
  const { jobs, pods } = watchesOf(options, timing);
  const closing = new AbortController();
  let begun: { readonly sinceMs: number; readonly running: Promise<unknown> } | null = null;
  return {
    start: () => {
      if (closing.signal.aborted) return;
      begun ??= {
        sinceMs: performance.now(),
        running: Promise.all([jobs.run(closing.signal), pods.run(closing.signal)]),
      };
    },
    find: (jobUid) => ({ job: jobs.find(jobUid)[0] ?? null, pods: pods.find(jobUid) }),
    freshness: () => worstOf([jobs, pods].map((watch) => freshnessOf(watch.pulse(), timing, performance.now()))),
    stalenessMs: () => {
      if (begun === null) return null;
      const { sinceMs } = begun;
      return performance.now() - Math.min(...[jobs, pods].map((watch) => watch.pulse().heardMs ?? sinceMs));
    },
    close: async () => {
      closing.abort();
      await begun?.running;
    },
  };
}

function watchesOf(
  { server, namespace, onChange = () => {}, metrics = unmeasured }: JobWatchOptions,
  timing: WatchTiming,
): { readonly jobs: ObjectWatch<ObservedJob>; readonly pods: ObjectWatch<ObservedPod> } {
  const stream = createApiStream(server, timing.idleMs, metrics);
  const shared = { stream, timing, selector: ownedJobsSelector, onChange, metrics };
  return {
    jobs: createObjectWatch({
      ...shared,
      resource: 'jobs',
      path: jobsPath(namespace),
      item: observedJobSchema,
      jobUidOf: ({ metadata }) => metadata.uid,
    }),
    pods: createObjectWatch({
      ...shared,
      resource: 'pods',
      path: `${corePath(namespace)}/pods`,
      item: observedPodSchema,
      jobUidOf: ({ metadata }) => metadata.labels[jobUidLabel] ?? '',
    }),
  };
}

function worstOf(all: readonly Freshness[]): Freshness {
  if (all.includes('stale')) return 'stale';
  return all.includes('held') ? 'held' : 'fresh';
}
