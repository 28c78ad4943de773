import type { FailureName } from '../../contracts/failures.ts';
import { failures } from '../../contracts/failures.ts';
import { exitCodeFailures } from '../../contracts/job.ts';
import { observeEnd } from './ended-pod.ts';
import { jobContainerName } from './job-container.ts';
import type { JobObservation } from './observation.ts';
import type { ObservedPod } from './observed.ts';
import { heldCondition } from './observed.ts';

/** How one of the pods of a job has ended. */
export interface PodEnd {
  readonly pod: ObservedPod;
  readonly observation: JobObservation;
  /** To the second; when it was made, where nobody knows: what never ran comes before what did. */
  readonly endedMs: number;
}

export function endsOf(pods: readonly ObservedPod[], nowMs: number): readonly PodEnd[] {
  return pods.flatMap((pod) => {
    const observation = observeEnd(pod, nowMs);
    return observation === null ? [] : [{ pod, observation, endedMs: endedMsOf(pod) }];
  });
}

/**
 * The end that decides about a job: of those that are bad the first, for the others follow from it, but behind one that knows better why.
 * Null: none is bad.
 */
export function decidingEnd(ends: readonly PodEnd[]): PodEnd | null {
  const bad = ends.filter(({ observation }) => failureOf(observation) !== null);
  return bad.toSorted(byCause)[0] ?? null;
}

/** Null: it is no failure. */
export function failureOf({ state }: JobObservation): FailureName | null {
  if (state.kind === 'lost') return state.failure ?? 'JobLost';
  if (state.kind !== 'exited') return null;
  if (state.outOfMemory === true) return 'OutOfMemory';
  return state.exitCode === 0 ? null : (exitCodeFailures[state.exitCode] ?? 'JobCrashed');
}

/** What no further attempt would mend is a reason of its own, whenever it was found. */
export function isReason(observation: JobObservation): boolean {
  const failure = failureOf(observation);
  return failure !== null && failures[failure].class !== 'transient';
}

/** Of two that ended within one second the one that was stopped is the one that had to follow. */
function byCause(one: PodEnd, other: PodEnd): number {
  return (
    weightOf(other) - weightOf(one) || one.endedMs - other.endedMs || Number(isStopped(one)) - Number(isStopped(other))
  );
}

/** The Job controller ends the pods that are left when one has failed; what the cluster itself ends has a condition that says so. */
function weightOf({ pod, observation }: PodEnd): number {
  if (isReason(observation)) return 2;
  const isCluster = observation.category === 'disrupted' || heldCondition(pod, 'DisruptionTarget') !== undefined;
  return isCluster && isStopped({ observation }) ? 1 : 0;
}

function isStopped({ observation }: Pick<PodEnd, 'observation'>): boolean {
  return failureOf(observation) === 'Preempted';
}

function endedMsOf({ metadata, status }: ObservedPod): number {
  const container = status.containerStatuses.find(({ name }) => name === jobContainerName);
  return container?.state.terminated?.finishedAt ?? metadata.creationTimestamp;
}
