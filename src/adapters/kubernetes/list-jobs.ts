import type { JobHandle } from '../../contracts/job.ts';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { StandingJob } from '../../ports/job-runner.ts';
import type { JobApi } from './job-api.ts';
import { annotationKeys, jobUidLabel } from './job-metadata.ts';
import { timeOfPods } from './job-times.ts';
import { observeJob } from './observe-job.ts';
import type { ObservedJob, ObservedPod } from './observed.ts';
import { noLimits } from './wait-limits.ts';

export interface JobListing {
  readonly api: JobApi;
  readonly platform: KubernetesJobsPlatform;
  /** Where this installation keeps the documents of its jobs. Another one may share the namespace: its runs are not known here. */
  readonly storeUri: string;
}

/** Two calls, whatever the number of Jobs. Events are not asked for: why a Job has no pod is told to whoever follows it. */
export async function listJobs({ api, platform, storeUri }: JobListing): Promise<readonly StandingJob[]> {
  const [jobs, pods] = await Promise.all([api.listJobs(), api.listAllPods()]);
  const podsOf = Map.groupBy(pods, ({ metadata }) => metadata.labels[jobUidLabel] ?? '');
  const resources = gpuResources(platform);
  const nowMs = Date.now();
  return jobs.filter(isOf(storeUri)).map((job) => {
    const own = podsOf.get(job.metadata.uid) ?? [];
    return { ...describeJob(job, own, nowMs), gpus: gpusOf(job, resources) };
  });
}

function isOf(storeUri: string): (job: ObservedJob) => boolean {
  return ({ metadata }) => metadata.annotations[annotationKeys.documentUri]?.startsWith(`${storeUri}/jobs/`) === true;
}

function describeJob(job: ObservedJob, pods: readonly ObservedPod[], nowMs: number): Omit<StandingJob, 'gpus'> {
  const { metadata } = job;
  const { state, category } = observeJob({ job, pods, events: [], nowMs, limits: noLimits(job) });
  return {
    handle: handleOf(job),
    runId: metadata.annotations[annotationKeys.runId] ?? '',
    state,
    category,
    submittedMs: metadata.creationTimestamp,
    time: timeOfPods(pods),
  };
}

function handleOf({ metadata: { annotations, uid } }: ObservedJob): JobHandle {
  const read = (key: string): string => annotations[key] ?? '';
  return { name: read(annotationKeys.jobName), id: uid, outputUri: read(annotationKeys.outputUri) };
}

/** What the platform calls a GPU, slices included. */
function gpuResources({ defaults, stages }: KubernetesJobsPlatform): ReadonlySet<string> {
  const profiles = [defaults, ...Object.values(stages)];
  return new Set(profiles.flatMap(({ gpuResource }) => gpuResource ?? []));
}

function gpusOf({ spec }: ObservedJob, resources: ReadonlySet<string>): number {
  const limits = spec.template.spec.containers.flatMap((container) => Object.entries(container.resources.limits));
  const ofPod = limits.reduce((sum, [name, amount]) => (resources.has(name) ? sum + Number(amount) : sum), 0);
  return ofPod * spec.completions;
}
