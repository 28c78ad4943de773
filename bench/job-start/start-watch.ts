import { setTimeout as delay } from 'node:timers/promises';

import type { ApiServer } from '../../src/adapters/kubernetes/api-server.ts';
import type { WatchedJob } from '../../src/adapters/kubernetes/job-watch.ts';
import { createJobWatch } from '../../src/adapters/kubernetes/job-watch.ts';
import type { ObservedPod } from '../../src/adapters/kubernetes/observed.ts';
import { heldCondition } from '../../src/adapters/kubernetes/observed.ts';
import { watchTiming } from '../../src/adapters/kubernetes/watch-timing.ts';

/** When a watch told of each step of a pod, by `performance.now()`: the API server's own times are whole seconds. */
export interface PodMoments {
  readonly createdMs: number;
  readonly scheduledMs: number;
  readonly runningMs: number;
  readonly endedMs: number;
}

export interface StartWatch {
  /** @throws Error where the job does not end in time */
  ended(jobUid: string): Promise<PodMoments>;
  close(): Promise<void>;
}

const pollMs = 20;
const timeoutMs = 120_000;
/** A new list would come between a change and the watch. */
const timing = { ...watchTiming, relistMs: 86_400_000 };

const isReached = {
  createdMs: () => true,
  scheduledMs: (pod) => heldCondition(pod, 'PodScheduled') !== undefined,
  runningMs: ({ status }) =>
    status.containerStatuses.some(({ state }) => state.running !== undefined || state.terminated !== undefined),
  endedMs: ({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed',
} as const satisfies Record<keyof PodMoments, (pod: ObservedPod) => boolean>;

export async function openStartWatch(server: ApiServer, namespace: string): Promise<StartWatch> {
  const seen = new Map<string, Partial<PodMoments>>();
  const watch = createJobWatch({
    server,
    namespace,
    timing,
    onChange: (jobUid) => void seen.set(jobUid, afterChange(seen.get(jobUid) ?? {}, watch.find(jobUid))),
  });
  watch.start();
  await until(() => watch.freshness() === 'fresh', 'the watch of the cluster has begun');
  return {
    ended: async (jobUid) => {
      const moments = (): Partial<PodMoments> => seen.get(jobUid) ?? {};
      await until(() => isWhole(moments()), `the job ${jobUid} has ended`);
      return moments() as PodMoments;
    },
    close: async () => watch.close(),
  };
}

/** What was seen before stays as it is. */
function afterChange(before: Partial<PodMoments>, { pods }: WatchedJob): Partial<PodMoments> {
  const nowMs = performance.now();
  const reached = Object.entries(isReached).filter(([, isSo]) => pods.some(isSo));
  return { ...Object.fromEntries(reached.map(([step]) => [step, nowMs])), ...before };
}

function isWhole(moments: Partial<PodMoments>): boolean {
  return Object.keys(isReached).every((step) => step in moments);
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await delay(pollMs);
  }
}
