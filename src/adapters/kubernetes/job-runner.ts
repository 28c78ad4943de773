import type { JobHandle, JobState } from '../../contracts/job.ts';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobClock, JobRunner } from '../../ports/job-runner.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { unmeasured } from '../../ports/metrics.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { JobApi } from './job-api.ts';
import { followLog } from './follow-log.ts';
import type { JobLog } from './job-log.ts';
import { readLogOf, readNewestProgressOf, readProgressOf, readTailOf } from './job-log.ts';
import { wrapperKindsOf } from './job-kinds.ts';
import { namesOfJob } from './job-name.ts';
import type { JobRecords } from './job-records.ts';
import { createJobRecords } from './job-records.ts';
import { timeOfPods } from './job-times.ts';
import type { JobLooks } from './job-looks.ts';
import { createAskingLooks, createWatchedLooks } from './job-looks.ts';
import type { JobWatch } from './job-watch.ts';
import { listJobs } from './list-jobs.ts';
import { createLogArchive } from './log-archive.ts';
import type { LogWriter } from './log-writer.ts';
import type { JobReference } from './look-at-job.ts';
import type { PodLogStream } from './pod-log-stream.ts';
import { removeJob } from './remove-job.ts';
import { submitJob } from './submit-job.ts';
import { createLimitsOf } from './wait-limits.ts';

export interface KubernetesJobRunnerOptions {
  readonly platform: KubernetesJobsPlatform;
  readonly api: JobApi;
  readonly podLogs: PodLogStream;
  /** Where jobs read their documents, and where their ends and logs are kept. */
  readonly objects: ObjectStore;
  /** What is looked into before the API server is asked; without it each look asks. */
  readonly watch?: JobWatch;
  readonly metrics?: Metrics;
}

/**
 * Jobs as batch/v1 Jobs of one pod each, or of several for a training on several nodes. Whatever happens to this process, they go on
 * (docs/decisions/0020-jobs-on-kubernetes.md, 0024-one-indexed-job-for-several-nodes.md, 0027-job-sets-and-train-jobs.md).
 */
export function createKubernetesJobRunner(options: KubernetesJobRunnerOptions): JobRunner {
  const { platform, api, podLogs, objects, watch, metrics = unmeasured } = options;
  const records = createJobRecords(objects);
  const looking = { api, limitsOf: createLimitsOf(platform) };
  const looks = watch === undefined ? createAskingLooks(looking) : createWatchedLooks(looking, watch);
  const reading: JobApi = { ...api, listPods: async (jobUid) => looks.listPods(jobUid) };
  const archive = createLogArchive(objects);
  const writers = new Map<string, LogWriter>();
  const logOf = ({ name, id }: JobHandle): JobLog => {
    return { api: reading, archive, jobName: name, jobUid: id, writer: writers.get(id) ?? null, metrics };
  };
  const graceMs = platform.graceSeconds * 1000;
  const wrappers = wrapperKindsOf(platform);
  return {
    submit: async (document) => {
      const id = await submitJob({ api, records, platform }, document);
      return { name: document.jobName, id, outputUri: document.output.uri };
    },
    inspect: (handle) => inspect(looks, records, handle),
    timeOf: (handle) => timeOf(looks, records, handle),
    list: () => listJobs({ api, platform, storeUri: objects.rootUri }),
    keepLog: async (handle, keeping) => {
      const onWriter = (writer: LogWriter): void => void writers.set(handle.id, writer);
      await followLog({ log: logOf(handle), stream: podLogs, onWriter }, keeping);
      writers.delete(handle.id);
    },
    readProgress: (handle, offset) => readProgressOf(logOf(handle), offset),
    newestProgress: (handle) => readNewestProgressOf(logOf(handle)),
    readLog: (handle, offset, maxBytes) => readLogOf(logOf(handle), offset, maxBytes),
    logTail: (handle) => readTailOf(logOf(handle)),
    remove: async (handle) => {
      looks.forget(handle.id);
      const kept = { records, archive, metrics };
      await removeJob({ ...looking, ...kept, jobName: handle.name, graceMs, wrappers, ...referenceOf(handle) });
    },
  };
}

function referenceOf({ name, id }: JobHandle): JobReference {
  return { names: namesOfJob(name), uid: id };
}

async function inspect(looks: JobLooks, records: JobRecords, handle: JobHandle): Promise<JobState> {
  const { observation, job } = await looks.look(referenceOf(handle));
  if (job !== null || observation.state.kind === 'running') return observation.state;
  const record = await records.find(handle.name);
  return record?.jobUid === handle.id ? record.state : observation.state;
}

async function timeOf(looks: JobLooks, records: JobRecords, handle: JobHandle): Promise<JobClock | null> {
  const { pods, nowMs } = await looks.look(referenceOf(handle));
  const time = pods.length > 0 ? timeOfPods(pods) : (await records.find(handle.name))?.time;
  return time == null ? null : { ...time, nowMs };
}
