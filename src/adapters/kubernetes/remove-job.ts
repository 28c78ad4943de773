import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../../ports/metrics.ts';
import { AdapterError } from '../errors.ts';
import { completeLog } from './job-log.ts';
import type { WrapperKind } from './job-kinds.ts';
import { wrapperResources } from './job-kinds.ts';
import { annotationKeys } from './job-metadata.ts';
import { wrapperName } from './job-name.ts';
import type { JobRecord, JobRecords } from './job-records.ts';
import { timeOfPods } from './job-times.ts';
import type { LogArchive } from './log-archive.ts';
import type { JobLooking, JobReference, JobSight } from './look-at-job.ts';
import { lookAtJob } from './look-at-job.ts';
import { isRunning } from './live-pod.ts';
import type { ObservedJob } from './observed.ts';

const pollMs = 250;
/** Beyond the grace: what the node needs to see that it shall stop, and to say that it has. */
const slackMs = 60_000;

export interface JobRemoval extends JobReference, JobLooking {
  readonly records: JobRecords;
  readonly archive: LogArchive;
  readonly jobName: string;
  readonly graceMs: number;
  /** What may stand for a Job that is gone, and would make another one. */
  readonly wrappers: readonly WrapperKind[];
  readonly metrics: Metrics;
}

/**
 * Ends a job, keeps its log, its objects and its end in the store, deletes it, and waits until it is gone. Nothing here is lost where the worker
 * dies in between: the Job stands until its record does.
 * @throws AdapterError `Unavailable` where something of it is still there after the grace
 */
export async function removeJob(removal: JobRemoval): Promise<void> {
  const { api, records, archive, jobName, uid, metrics } = removal;
  const sight = await stopped(removal);
  if (sight.job !== null) {
    const specHash = sight.job.metadata.annotations[annotationKeys.specHash] ?? '';
    const record: JobRecord = { jobUid: uid, specHash, state: endOf(sight), time: timeOfPods(sight.pods) };
    await completeLog({ api, archive, jobName, jobUid: uid, metrics });
    await records.keepObjects(jobName, await api.readObjects(sight.job.metadata.name, uid));
    await records.keep(jobName, record);
  }
  await deleteSubmitted(removal, sight.job);
  await until(removal, ({ job, pods }) => job === null && pods.length === 0);
}

/** What was submitted, and what came of it; a Job whose maker stands would be made again. */
async function deleteSubmitted({ api, jobName, uid, wrappers }: JobRemoval, job: ObservedJob | null): Promise<void> {
  const kind = job?.metadata.annotations[annotationKeys.kind];
  if (job !== null && kind === undefined) return api.deleteJob(job.metadata.name, uid);
  for (const wrapper of job === null ? wrappers : [kind as WrapperKind])
    await api.deleteObject(wrapperResources[wrapper], wrapperName(jobName));
}

/**
 * A pod that is deleted takes its exit code and log along, so that it is made to end first. A job that was given up while some of its pods
 * ran stays so, whatever those end with.
 */
async function stopped(removal: JobRemoval): Promise<JobSight> {
  const sight = await lookAtJob(removal, removal);
  if (sight.job === null || !mayRun(sight)) return sight;
  await Promise.all(sight.pods.map(({ metadata }) => removal.api.stopPod(metadata.name)));
  const last = await until(removal, (seen) => !mayRun(seen));
  return sight.observation.state.kind === 'lost' ? { ...last, observation: sight.observation } : last;
}

function mayRun({ observation, pods, nowMs }: JobSight): boolean {
  return observation.state.kind === 'running' || pods.some((pod) => isRunning(pod, nowMs));
}

function endOf({ observation }: JobSight): JobRecord['state'] {
  const { state } = observation;
  if (state.kind === 'exited' || state.kind === 'lost') return state;
  return { kind: 'lost', reason: 'the job was removed before it started' };
}

async function until(removal: JobRemoval, isReached: (sight: JobSight) => boolean): Promise<JobSight> {
  const deadlineMs = Date.now() + removal.graceMs + slackMs;
  for (;;) {
    const sight = await lookAtJob(removal, removal);
    if (isReached(sight)) return sight;
    if (Date.now() > deadlineMs) throw stillThere(removal, sight);
    await sleep(pollMs);
  }
}

function stillThere({ names: [name], graceMs }: JobRemoval, { pods }: JobSight): AdapterError {
  const podNames = pods.map(({ metadata }) => metadata.name).join(', ');
  const message = `Job ${name ?? ''} (pods: ${podNames}) is still there ${(graceMs + slackMs) / 1000} s after it was asked to end; look at its node`;
  return new AdapterError('Unavailable', message, { system: 'jobs' });
}
