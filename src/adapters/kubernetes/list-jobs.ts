import type { JobHandle } from '../../contracts/job.ts';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { StandingJob } from '../../ports/job-runner.ts';
import type { JobApi } from './job-api.ts';
import { annotationKeys, jobUidLabel } from './job-metadata.ts';
import { timeOfPods } from './job-times.ts';
import { observeJob } from './observe-job.ts';
import type { ObservedJob, ObservedPod } from './observed.ts';
import { noLimits } from './wait-limits.ts';

/** Two calls, whatever the number of Jobs. Events are not asked for: why a Job has no pod is told to whoever follows it. */
export async function listJobs(api: JobApi, platform: KubernetesJobsPlatform): Promise<readonly StandingJob[]> {
  const [jobs, pods] = await Promise.all([api.listJobs(), api.listAllPods()]);
  const podsOf = Map.groupBy(pods, ({ metadata }) => metadata.labels[jobUidLabel] ?? '');
  const resources = gpuResources(platform);
  const nowMs = Date.now();
  return jobs.map((job) => {
    const own = podsOf.get(job.metadata.uid) ?? [];
    return { ...describeJob(job, own, nowMs), gpus: gpusOf(job, resources) };
  });
}

function describeJob(job: ObservedJob, pods: readonly ObservedPod[], nowMs: number): Omit<StandingJob, 'gpus'> {
  const { metadata } = job;
  return {
    handle: handleOf(job),
    runId: metadata.annotations[annotationKeys.runId] ?? '',
    state: observeJob({ job, pods, events: [], nowMs, limits: noLimits(job) }).state,
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
