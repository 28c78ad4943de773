import { observeWithoutPod } from './absent-pod.ts';
import type { ToldJob } from './job-wait.ts';
import { observeLivePod } from './live-pod.ts';
import type { JobObservation } from './observation.ts';
import { queued, running } from './observation.ts';
import type { ObservedEvent, ObservedPod } from './observed.ts';
import { failedCondition } from './observed.ts';

/** The pods of a job that have not ended, and how many of its pods there are not. */
export interface LivePods {
  readonly pods: readonly ObservedPod[];
  readonly missing: number;
}

/** A job runs when all of its pods do: the first that waits says for what, and one that has waited for too long gives up for all. */
export function observeLivePods(
  { pods, missing }: LivePods,
  events: readonly ObservedEvent[],
  told: ToldJob,
): JobObservation {
  const all = pods.map((pod) => observeLivePod(pod, events, told));
  const found = all.find(({ state }) => state.kind === 'lost') ?? all.find(({ state }) => state.kind === 'queued');
  if (found !== undefined) return found;
  const isMade = missing <= 0 || failedCondition(told.job) !== undefined;
  return isMade ? (all.find(({ category }) => category === 'ending') ?? running()) : observeMissing(events, told);
}

/** One that the controller says nothing about comes in a moment, or is gone and will fail the Job in a moment: no limit is for that. */
function observeMissing(events: readonly ObservedEvent[], told: ToldJob): JobObservation {
  const observation = observeWithoutPod(events, told);
  if (observation.category !== 'no-pod') return observation;
  return queued('no-pod', 'the Job controller has not made all pods yet');
}
