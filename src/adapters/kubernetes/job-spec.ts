import { createHash } from 'node:crypto';
import type { Job, JobSpec } from 'kubernetes-types/batch/v1.js';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { JobDocument } from '../../contracts/job.ts';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobKind } from '../../contracts/stage.ts';
import { annotationKeys, buildAnnotations, buildLabels, nodesLabel } from './job-metadata.ts';
import { kubernetesName, wrappedJobName, wrapperName } from './job-name.ts';
import { buildPodTemplate } from './job-pod.ts';
import { isGang } from './rendezvous.ts';

export interface JobSpecOptions {
  readonly platform: KubernetesJobsPlatform;
  /** Where the job finds its document. */
  readonly documentUri: string;
}

/** A Job as it is sent, or as what is sent makes it: its name and the hash of all that was rendered are there for sure. */
export interface RenderedJob extends Job {
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: JobSpec;
}

/**
 * The batch/v1 Job of a document: equal documents on equal platforms give equal Jobs. The hash is taken of what is rendered here,
 * never of what the server returns, for defaults and webhooks change that.
 */
export function buildJob(document: JobDocument, options: JobSpecOptions): RenderedJob {
  const job = renderJob(document, options);
  const { queue, ttlSeconds } = options.platform;
  const all = annotationKeys.kind in job.metadata.annotations ? { job, queue, ttlSeconds } : job;
  const annotations = { ...job.metadata.annotations, [annotationKeys.specHash]: sha256(canonicalJson(all)) };
  return { ...job, metadata: { ...job.metadata, annotations } };
}

/** What the pod of a stage is made of, and how long its jobs may wait. */
export function profileOf({ defaults, stages }: KubernetesJobsPlatform, stage: JobKind): KubernetesJobProfile {
  return { ...defaults, ...stages[stage] };
}

function renderJob(document: JobDocument, { platform, documentUri }: JobSpecOptions): RenderedJob {
  const profile = profileOf(platform, document.stage);
  const labels = { ...buildLabels(document), ...(isGang(profile) ? { [nodesLabel]: String(profile.nodes) } : {}) };
  const stored = { uri: documentUri, digest: sha256(canonicalJson(document)) };
  const { name, domain, own } = standingOf(document, profile.kind, platform);
  const annotations = { ...buildAnnotations(document, stored), ...own.annotations };
  const { graceSeconds } = platform;
  const template = buildPodTemplate({
    stage: document.stage,
    name,
    domain,
    documentUri,
    profile,
    labels,
    annotations,
    graceSeconds,
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...labels, ...own.labels }, annotations },
    spec: { ...buildRules(profile), ...own.rules, template },
  } satisfies Job;
}

interface JobStanding {
  readonly name: string;
  readonly domain: string;
  readonly own: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly rules: Partial<JobSpec>;
  };
}

/** What depends on whether the Job stands for itself: a queue admits the whole, and the whole goes when its time is over. */
function standingOf(
  { jobName }: JobDocument,
  kind: KubernetesJobProfile['kind'],
  platform: KubernetesJobsPlatform,
): JobStanding {
  if (kind !== 'Job') {
    const own = { labels: {}, annotations: { [annotationKeys.kind]: kind }, rules: {} };
    return { name: wrappedJobName(jobName), domain: wrapperName(jobName), own };
  }
  const name = kubernetesName(jobName);
  const rules = { ttlSecondsAfterFinished: platform.ttlSeconds };
  return { name, domain: name, own: { labels: queueLabel(platform), annotations: {}, rules } };
}

/** Temporal owns retries: a pod that fails is never replaced, and none begins while another still ends. */
function buildRules(profile: KubernetesJobProfile): Omit<JobSpec, 'template'> {
  return {
    completions: profile.nodes,
    parallelism: profile.nodes,
    backoffLimit: 0,
    podReplacementPolicy: 'Failed',
    ...(isGang(profile) ? gangRules : {}),
    ...(profile.deadlineSeconds === null ? {} : { activeDeadlineSeconds: profile.deadlineSeconds }),
  };
}

/** A pod that the cluster has ended is gone before the others have ended: that there was one has to stand on the Job itself. */
const gangRules = {
  completionMode: 'Indexed',
  podFailurePolicy: {
    rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
  },
} satisfies Partial<JobSpec>;

/** Kueue's webhook suspends what has this label, and resumes it when there is room. */
export function queueLabel({ queue }: KubernetesJobsPlatform): Record<string, string> {
  return queue === null ? {} : { 'kueue.x-k8s.io/queue-name': queue };
}

export function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
