import { exitCodeFailures } from '../../contracts/job.ts';
import { jobContainerName } from './job-container.ts';
import type { JobObservation } from './observation.ts';
import { lost } from './observation.ts';
import type { ObservedContainer, ObservedPod } from './observed.ts';
import { heldCondition } from './observed.ts';

/** A kubelet that has not ended a deleted pod by then does not answer. */
const overdueDeletionMs = 60_000;
/** The kubelet's own words for a container of which it does not know how it ended. */
const unknownEnd = 'ContainerStatusUnknown';
const neverStarted = new Set(['StartError', 'ContainerCannotRun']);
const disruptions = new Set(['Evicted', 'NodeShutdown', 'Shutdown', 'Terminated', 'Preempting']);
const aboutStorage = /ephemeral[- ]storage|emptyDir volume|disk/i;

type Termination = NonNullable<ObservedContainer['state']['terminated']>;

/** How the pod ended; null: it has not. */
export function observeEnd(pod: ObservedPod, nowMs: number): JobObservation | null {
  const termination = terminationOf(pod);
  if (termination !== undefined) return observeExit(pod, termination);
  if (pod.status.phase === 'Succeeded') return { category: 'exited', state: { kind: 'exited', exitCode: 0 } };
  if (pod.status.phase === 'Failed') return observeWithoutExit(pod);
  return isNodeLost(pod, nowMs) ? lost('node-lost', 'JobLost', `the node of pod ${pod.metadata.name} is gone`) : null;
}

/** The end of the job's container, if the kubelet saw it. */
function terminationOf(pod: ObservedPod): Termination | undefined {
  const container = pod.status.containerStatuses.find(({ name }) => name === jobContainerName);
  const termination = container?.state.terminated;
  return termination?.reason === unknownEnd ? undefined : termination;
}

/** An exit code that the contract names says more than what happened around it. */
function observeExit(pod: ObservedPod, { exitCode, reason }: Termination): JobObservation {
  if (isOutOfMemory(pod)) return { category: 'out-of-memory', state: { kind: 'exited', exitCode, outOfMemory: true } };
  if (neverStarted.has(reason)) return lost('container-start', 'InvalidConfig', `${reason} in ${pod.metadata.name}`);
  const isNamed = exitCode === 0 || exitCodeFailures[exitCode] !== undefined;
  const disruption = isNamed ? null : observeDisruption(pod);
  return disruption ?? { category: 'exited', state: { kind: 'exited', exitCode } };
}

function observeWithoutExit(pod: ObservedPod): JobObservation {
  const disruption = observeDisruption(pod);
  if (disruption !== null) return disruption;
  const { reason, message } = pod.status;
  const words = `${reason || 'no reason given'}: ${message || `pod ${pod.metadata.name} left no exit code`}`;
  return lost(reason === 'NodeLost' ? 'node-lost' : 'refused-by-node', 'JobLost', words);
}

/** Ended by the cluster for its own reasons, which is no failure of the job; a full scratch is one. */
function observeDisruption(pod: ObservedPod): JobObservation | null {
  const { reason, message } = pod.status;
  if (reason === 'Evicted' && aboutStorage.test(message)) return lost('out-of-storage', 'StorageFull', message);
  const target = heldCondition(pod, 'DisruptionTarget');
  if (target !== undefined) return lost('disrupted', 'Preempted', `${target.reason}: ${target.message}`);
  return disruptions.has(reason) ? lost('disrupted', 'Preempted', `${reason}: ${message}`) : null;
}

/** In any container: the kernel takes the largest process of the pod, not the one that asked for more. */
function isOutOfMemory({ status }: ObservedPod): boolean {
  return [...status.initContainerStatuses, ...status.containerStatuses].some(
    ({ state }) => state.terminated?.reason === 'OOMKilled',
  );
}

/** Until its node answers, or is taken out of the cluster, such a pod is not known to have ended: the one case in which two may run. */
function isNodeLost({ metadata }: ObservedPod, nowMs: number): boolean {
  return metadata.deletionTimestamp != null && nowMs > metadata.deletionTimestamp + overdueDeletionMs;
}
