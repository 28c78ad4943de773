import type { JobApi } from './job-api.ts';
import type { JobObservation } from './observation.ts';
import { observeJob } from './observe-job.ts';
import type { ObservedJob, ObservedPod } from './observed.ts';

/** A job by the name and UID that it got when it was submitted: one that was made later under its name is another. */
export interface JobReference {
  readonly kubernetesName: string;
  readonly uid: string;
}

export interface JobSight {
  readonly observation: JobObservation;
  /** Null: there is none of this name and UID. */
  readonly job: ObservedJob | null;
  readonly pods: readonly ObservedPod[];
}

/** One fresh look. Events are asked for only where a job waits: they say for what. */
export async function lookAtJob(api: JobApi, { kubernetesName, uid }: JobReference): Promise<JobSight> {
  const { job: found, serverMs: nowMs } = await api.findJob(kubernetesName);
  const job = found?.metadata.uid === uid ? found : null;
  const pods = await api.listPods(uid);
  const observation = observeJob({ job, pods, events: [], nowMs });
  if (observation.state.kind !== 'queued') return { observation, job, pods };
  const about = [uid, ...pods.map(({ metadata }) => metadata.uid)];
  const events = (await Promise.all(about.map((objectUid) => api.listEvents(objectUid)))).flat();
  return { observation: observeJob({ job, pods, events, nowMs }), job, pods };
}
