import type { FailureName } from '../../contracts/failures.ts';
import type { JobCategory, JobObservation } from './observation.ts';
import { lost, queued, running } from './observation.ts';
import type { ObservedContainer, ObservedEvent, ObservedPod } from './observed.ts';
import { newestEvent } from './observed.ts';

const minuteMs = 60_000;
const setUpTroubles = ['FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox', 'NetworkNotReady'];
/** A registry that is down or asks for patience: nothing is wrong with the job. */
const registryTrouble =
  /\b(429|50\d)\b|too many requests|timeout|connection (refused|reset)|no such host|TLS handshake/i;

interface WaitingRule {
  readonly category: JobCategory;
  /** For so long the cluster may still get over it. */
  readonly graceMs: number;
  readonly failure: FailureName;
}

/** Why a container waits, by the kubelet's reasons; those that are not here pass by themselves. */
const waitingRules: Readonly<Record<string, WaitingRule>> = {
  InvalidImageName: { category: 'image-pull', graceMs: 0, failure: 'InvalidConfig' },
  ErrImageNeverPull: { category: 'image-pull', graceMs: 0, failure: 'InvalidConfig' },
  ErrImagePull: { category: 'image-pull', graceMs: 3 * minuteMs, failure: 'InvalidConfig' },
  ImagePullBackOff: { category: 'image-pull', graceMs: 3 * minuteMs, failure: 'InvalidConfig' },
  ImageInspectError: { category: 'image-pull', graceMs: 3 * minuteMs, failure: 'JobLost' },
  RegistryUnavailable: { category: 'image-pull', graceMs: 15 * minuteMs, failure: 'Unavailable' },
  CreateContainerConfigError: { category: 'missing-configuration', graceMs: 2 * minuteMs, failure: 'InvalidConfig' },
  CreateContainerError: { category: 'container-start', graceMs: 2 * minuteMs, failure: 'JobLost' },
  RunContainerError: { category: 'container-start', graceMs: 2 * minuteMs, failure: 'JobLost' },
};

/** A pod that has not ended: waits, starts, or runs. */
export function observeLivePod(pod: ObservedPod, events: readonly ObservedEvent[], nowMs: number): JobObservation {
  const unscheduled = pod.status.conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (pod.metadata.deletionTimestamp != null) return running('ending');
  if (unscheduled?.reason === 'SchedulingGated') return queued('gated', unscheduled.message);
  if (unscheduled !== undefined) return queued('unschedulable', unscheduled.message);
  if (pod.status.containerStatuses.some(({ state }) => state.running !== undefined)) return running();
  return observeWaiting(pod, nowMs) ?? observeSetUp(pod, events);
}

/** Init containers come first: while one of them waits, the others only say that they wait for it. */
function observeWaiting(pod: ObservedPod, nowMs: number): JobObservation | null {
  const { initContainerStatuses, containerStatuses } = pod.status;
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const observation = observeContainer(container, nowMs - waitingSinceMs(pod));
    if (observation !== null) return observation;
  }
  return null;
}

function observeContainer({ state }: ObservedContainer, waitedMs: number): JobObservation | null {
  const { reason = '', message = '' } = state.waiting ?? {};
  const rule = registryTrouble.test(message) ? softened(waitingRules[reason]) : waitingRules[reason];
  if (rule === undefined) return null;
  const words = `${reason}: ${message}`;
  return waitedMs < rule.graceMs ? queued(rule.category, words) : lost(rule.category, rule.failure, words);
}

function softened(rule: WaitingRule | undefined): WaitingRule | undefined {
  return rule?.category === 'image-pull' ? waitingRules['RegistryUnavailable'] : rule;
}

function observeSetUp(pod: ObservedPod, events: readonly ObservedEvent[]): JobObservation {
  const trouble = newestEvent(events, pod.metadata.uid, setUpTroubles);
  if (trouble !== undefined) return queued('volume-or-network', `${trouble.reason}: ${trouble.message}`);
  return queued('starting', `pod ${pod.metadata.name} is being started`);
}

/** It waits for its containers since it has a node. */
function waitingSinceMs({ metadata, status }: ObservedPod): number {
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  return scheduled?.lastTransitionTime ?? metadata.creationTimestamp;
}
