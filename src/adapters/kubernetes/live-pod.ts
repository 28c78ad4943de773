import type { FailureName } from '../../contracts/failures.ts';
import { observeEnd } from './ended-pod.ts';
import type { JobWait, ToldJob } from './job-wait.ts';
import { podWaitOf, waiting } from './job-wait.ts';
import type { JobCategory, JobObservation } from './observation.ts';
import { lost, running } from './observation.ts';
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
export function observeLivePod(pod: ObservedPod, events: readonly ObservedEvent[], told: ToldJob): JobObservation {
  const unscheduled = pod.status.conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (pod.metadata.deletionTimestamp != null) return running('ending');
  const wait = podWaitOf(pod, told);
  if (unscheduled?.reason === 'SchedulingGated') return waiting('gated', unscheduled.message, wait);
  if (unscheduled !== undefined) return waiting('unschedulable', unscheduled.message, wait);
  if (hasContainer(pod)) return running();
  return observeContainers(pod, wait) ?? observeSetUp(pod, events, wait);
}

/** It has begun, and has not ended: its node may be gone with it. */
export function isRunning(pod: ObservedPod, nowMs: number): boolean {
  return hasContainer(pod) && observeEnd(pod, nowMs) === null;
}

function hasContainer({ status }: ObservedPod): boolean {
  return status.containerStatuses.some(({ state }) => state.running !== undefined);
}

/** Init containers come first: while one of them waits, the others only say that they wait for it. */
function observeContainers({ status }: ObservedPod, wait: JobWait): JobObservation | null {
  for (const container of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const observation = observeContainer(container, wait);
    if (observation !== null) return observation;
  }
  return null;
}

/** The grace of a reason knows more about it than the limit, which is for what passes by itself, and then does not. */
function observeContainer({ state }: ObservedContainer, wait: JobWait): JobObservation | null {
  const { reason = '', message = '' } = state.waiting ?? {};
  const rule = registryTrouble.test(message) ? softened(waitingRules[reason]) : waitingRules[reason];
  if (rule === undefined) return null;
  const words = `${reason}: ${message}`;
  if (wait.waitedMs >= rule.graceMs) return lost(rule.category, rule.failure, words);
  return waiting(rule.category, words, wait);
}

function softened(rule: WaitingRule | undefined): WaitingRule | undefined {
  return rule?.category === 'image-pull' ? waitingRules['RegistryUnavailable'] : rule;
}

function observeSetUp(pod: ObservedPod, events: readonly ObservedEvent[], wait: JobWait): JobObservation {
  const trouble = newestEvent(events, pod.metadata.uid, setUpTroubles);
  if (trouble !== undefined) return waiting('volume-or-network', `${trouble.reason}: ${trouble.message}`, wait);
  return waiting('starting', `pod ${pod.metadata.name} is being started`, wait);
}
