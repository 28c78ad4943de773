import type { JobApi } from '../../../src/adapters/kubernetes/job-api.ts';
import type { RenderedJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import type { ObservedPod } from '../../../src/adapters/kubernetes/observed.ts';
import type { PodLogStream } from '../../../src/adapters/kubernetes/pod-log-stream.ts';
import { observedJobSchema, observedPodSchema } from '../../../src/adapters/kubernetes/observed.ts';
import { at, exited, podObject } from './seen-jobs.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Jobs in memory, with one pod each that does what a test says. */
export interface FakeCluster {
  readonly api: JobApi;
  readonly podLogs: PodLogStream;
  /** What was asked, in its order: `create`, `stop`, `delete`. */
  readonly calls: string[];
  /** UIDs by name. */
  readonly jobs: Map<string, { readonly uid: string; readonly job: RenderedJob; conditions: readonly Fields[] }>;
  /** The one pod there is. */
  pod: Fields | null;
  log: string;
  /** What the pod ends with when it is stopped. */
  stopsWith: number;
  /** Called before each deletion. */
  beforeDelete: () => void;
}

export function createFakeCluster(): FakeCluster {
  const jobs: FakeCluster['jobs'] = new Map();
  const cluster: FakeCluster = { api: apiOf(() => cluster), podLogs: silence, calls: [], jobs, ...quiet };
  return cluster;
}

/** Logs are followed in job-logs.test.ts. */
async function* silence(): AsyncGenerator<Buffer> {}

const quiet = { pod: null, log: '', stopsWith: 143, beforeDelete: () => {} };

function apiOf(get: () => FakeCluster): JobApi {
  return {
    createJob: async (job) => create(get(), job),
    findJob: async (name) => ({ job: find(get(), name), serverMs: Date.parse(at(10)) }),
    listJobs: async () => [...get().jobs.keys()].map((name) => find(get(), name)).filter((job) => job !== null),
    listPods: async () => (get().pod === null ? [] : [observedPodSchema.parse(get().pod)]),
    listAllPods: async () => allPods(get()),
    listEvents: async () => [],
    readObjects: async (name) => ({ job: get().jobs.get(name)?.job, pods: [get().pod], events: [] }),
    readLog: async (_pod, query) => Buffer.from(query['timestamps'] === 'true' ? stamped(get().log) : get().log),
    stopPod: async () => stop(get()),
    deleteJob: async (name, uid) => remove(get(), name, uid),
  };
}

function create(cluster: FakeCluster, job: RenderedJob): ReturnType<typeof find> {
  cluster.calls.push('create');
  const { name } = job.metadata;
  if (cluster.jobs.has(name)) return null;
  cluster.jobs.set(name, { uid: `uid-${cluster.calls.length}`, job, conditions: [] });
  return find(cluster, name);
}

function find({ jobs }: FakeCluster, name: string): ReturnType<typeof observedJobSchema.parse> | null {
  const found = jobs.get(name);
  if (found === undefined) return null;
  const { metadata: named, spec } = found.job;
  const metadata = { ...named, uid: found.uid, creationTimestamp: at(0) };
  return observedJobSchema.parse({ metadata, spec, status: { conditions: found.conditions } });
}

/** As a node gives it when it is asked for times. */
function stamped(log: string): string {
  return log.replaceAll(/^(?=.)/gmu, '2026-11-25T10:00:03.000000000Z ');
}

/** The pod as the Job controller labels it: it is of the newest Job. */
function allPods({ jobs, pod }: FakeCluster): readonly ObservedPod[] {
  if (pod === null) return [];
  const seen = observedPodSchema.parse(pod);
  const labels = { 'batch.kubernetes.io/controller-uid': [...jobs.values()].at(-1)?.uid ?? '' };
  return [{ ...seen, metadata: { ...seen.metadata, labels } }];
}

function stop(cluster: FakeCluster): void {
  cluster.calls.push('stop');
  cluster.pod = podObject({ status: { phase: 'Failed' }, container: exited(cluster.stopsWith) });
}

function remove(cluster: FakeCluster, name: string, uid: string): void {
  cluster.beforeDelete();
  cluster.calls.push('delete');
  if (cluster.jobs.get(name)?.uid !== uid) return;
  cluster.jobs.delete(name);
  cluster.pod = null;
  cluster.log = '';
}
