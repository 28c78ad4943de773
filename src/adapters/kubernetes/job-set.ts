import type { JobSpec } from 'kubernetes-types/batch/v1.js';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { ApiResource } from './job-kinds.ts';
import { versionOf, wrapperResources } from './job-kinds.ts';
import { annotationKeys } from './job-metadata.ts';
import { replicatedJobName, wrapperName } from './job-name.ts';
import type { RenderedJob } from './job-spec.ts';
import { queueLabel } from './job-spec.ts';

/** An object of a resource that Kubernetes has from somebody else, as it is sent. */
export interface RenderedObject {
  readonly resource: ApiResource;
  readonly body: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: ObjectMetadata;
    readonly spec: object;
  };
}

interface ObjectMetadata {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Around one Job; without a failure policy, so that it makes no second one when that has failed. */
export interface JobSetSpec {
  readonly network: { readonly enableDNSHostnames: boolean; readonly publishNotReadyAddresses: true };
  readonly ttlSecondsAfterFinished: number;
  readonly replicatedJobs: readonly [
    {
      readonly name: string;
      readonly replicas: 1;
      readonly template: { readonly metadata: object; readonly spec: JobSpec };
    },
  ];
}

/** The JobSet that makes exactly this Job, and the headless Service of its pods where they are several. */
export function buildJobSet(job: RenderedJob, platform: KubernetesJobsPlatform): RenderedObject {
  const { labels, annotations } = job.metadata;
  const template = { metadata: { labels, annotations }, spec: job.spec };
  const resource = wrapperResources.JobSet;
  return {
    resource,
    body: {
      apiVersion: versionOf(resource),
      kind: 'JobSet',
      metadata: buildWrapperMetadata(job, platform),
      spec: buildJobSetSpec(template, platform),
    },
  };
}

export function buildJobSetSpec(
  template: { readonly metadata: object; readonly spec: JobSpec },
  { ttlSeconds }: KubernetesJobsPlatform,
): JobSetSpec {
  const hasPeers = (template.spec.completions ?? 1) > 1;
  return {
    network: { enableDNSHostnames: hasPeers, publishNotReadyAddresses: true },
    ttlSecondsAfterFinished: ttlSeconds,
    replicatedJobs: [{ name: replicatedJobName, replicas: 1, template }],
  };
}

/** Of the object that stands for the Job: it is told apart, admitted and listed by the same labels and annotations. */
export function buildWrapperMetadata(
  { metadata: { labels, annotations } }: RenderedJob,
  platform: KubernetesJobsPlatform,
): ObjectMetadata {
  const name = wrapperName(annotations[annotationKeys.jobName] ?? '');
  return { name, labels: { ...labels, ...queueLabel(platform) }, annotations };
}
