import { createHash } from 'node:crypto';
import type { Job, JobSpec } from 'kubernetes-types/batch/v1.js';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { JobDocument } from '../../contracts/job.ts';
import type { KubernetesJobProfile, KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobKind } from '../../contracts/stage.ts';
import { annotationKeys, buildAnnotations, buildLabels } from './job-metadata.ts';
import { kubernetesName } from './job-name.ts';
import { buildPodTemplate } from './job-pod.ts';

export interface JobSpecOptions {
  readonly platform: KubernetesJobsPlatform;
  /** Where the job finds its document. */
  readonly documentUri: string;
}

/** A Job as it is sent: its name and the hash of all that was rendered are there for sure. */
export interface RenderedJob extends Job {
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
}

/**
 * The batch/v1 Job of a document: equal documents on equal platforms give equal Jobs. The hash is taken of what is rendered here,
 * never of what the server returns, for defaults and webhooks change that.
 */
export function buildJob(document: JobDocument, options: JobSpecOptions): RenderedJob {
  const job = renderJob(document, options);
  const annotations = { ...job.metadata.annotations, [annotationKeys.specHash]: sha256(canonicalJson(job)) };
  return { ...job, metadata: { ...job.metadata, annotations } };
}

/** What the pod of a stage is made of, and how long its jobs may wait. */
export function profileOf({ defaults, stages }: KubernetesJobsPlatform, stage: JobKind): KubernetesJobProfile {
  return { ...defaults, ...stages[stage] };
}

function renderJob(document: JobDocument, { platform, documentUri }: JobSpecOptions): RenderedJob {
  const labels = buildLabels(document);
  const annotations = buildAnnotations(document, { uri: documentUri, digest: sha256(canonicalJson(document)) });
  const profile = profileOf(platform, document.stage);
  const { graceSeconds } = platform;
  const template = buildPodTemplate({
    stage: document.stage,
    documentUri,
    profile,
    labels,
    annotations,
    graceSeconds,
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: kubernetesName(document.jobName), labels: { ...labels, ...queueLabel(platform) }, annotations },
    spec: { ...buildRules(platform, profile), template },
  } satisfies Job;
}

/** Temporal owns retries: a pod that fails is never replaced, and none begins while another still ends. */
function buildRules(platform: KubernetesJobsPlatform, profile: KubernetesJobProfile): Omit<JobSpec, 'template'> {
  return {
    completions: 1,
    parallelism: 1,
    backoffLimit: 0,
    podReplacementPolicy: 'Failed',
    ttlSecondsAfterFinished: platform.ttlSeconds,
    ...(profile.deadlineSeconds === null ? {} : { activeDeadlineSeconds: profile.deadlineSeconds }),
  };
}

/** Kueue's webhook suspends a Job with this label, and resumes it when there is room. */
function queueLabel({ queue }: KubernetesJobsPlatform): Record<string, string> {
  return queue === null ? {} : { 'kueue.x-k8s.io/queue-name': queue };
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
