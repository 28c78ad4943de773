import type { JobApi } from './job-api.ts';
import type { JobObservation } from './observation.ts';
import { observeJob } from './observe-job.ts';
import type { ObservedEvent, ObservedJob, ObservedPod } from './observed.ts';
import type { LimitsOf } from './wait-limits.ts';

/** A job by the name and UID that it got when it was submitted: one that was made later under its name is another. */
export interface JobReference {
  /** Those that its Job may have. */
  readonly names: readonly string[];
  readonly uid: string;
}

/** Where a look reads, and what it holds a job that waits to. */
export interface JobLooking {
  readonly api: JobApi;
  readonly limitsOf: LimitsOf;
}

export interface JobSight {
  readonly observation: JobObservation;
  /** Null: there is none of this name and UID. */
  readonly job: ObservedJob | null;
  readonly pods: readonly ObservedPod[];
  /** Those that were asked for. */
  readonly events: readonly ObservedEvent[];
  /** By the clock of the API server. */
  readonly nowMs: number;
}

/** One fresh look. */
export async function lookAtJob({ api, limitsOf }: JobLooking, reference: JobReference): Promise<JobSight> {
  const { uid } = reference;
  const { job, nowMs } = await findJob(api, reference);
  const pods = await api.listPods(uid);
  const seen = { job, pods, nowMs, limits: limitsOf(job) };
  const observation = observeJob({ ...seen, events: [] });
  if (!isToldByEvents(observation)) return { observation, job, pods, events: [], nowMs };
  const events = await listEventsAbout(api, { uid, pods });
  return { observation: observeJob({ ...seen, events }), job, pods, events, nowMs };
}

async function findJob(
  api: JobApi,
  { names, uid }: JobReference,
): Promise<{ readonly job: ObservedJob | null; readonly nowMs: number }> {
  let nowMs = Date.now();
  for (const name of names) {
    const { job, serverMs } = await api.findJob(name);
    if (job?.metadata.uid === uid) return { job, nowMs: serverMs };
    nowMs = serverMs;
  }
  return { job: null, nowMs };
}

/** Why a Job has no pod, or a pod does not start, stands in events alone. */
export function isToldByEvents({ category }: JobObservation): boolean {
  return category === 'no-pod' || category === 'starting';
}

/** About a Job and those of its pods that have not begun. */
export async function listEventsAbout(
  api: JobApi,
  { uid, pods }: { readonly uid: string; readonly pods: readonly ObservedPod[] },
): Promise<readonly ObservedEvent[]> {
  const waiting = pods.filter(({ status }) => status.phase === 'Pending');
  const about = [uid, ...waiting.map(({ metadata }) => metadata.uid)];
  return (await Promise.all(about.map((objectUid) => api.listEvents(objectUid)))).flat();
}
