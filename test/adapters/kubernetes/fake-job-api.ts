import type { JobApi } from '../../../src/adapters/kubernetes/job-api.ts';
import type { RenderedObject } from '../../../src/adapters/kubernetes/job-set.ts';
import type { RenderedService } from '../../../src/adapters/kubernetes/job-service.ts';
import type { RenderedJob } from '../../../src/adapters/kubernetes/job-spec.ts';
import type { ObservedPod } from '../../../src/adapters/kubernetes/observed.ts';
import type { PodLogStream } from '../../../src/adapters/kubernetes/pod-log-stream.ts';
import { observedJobSchema, observedPodSchema } from '../../../src/adapters/kubernetes/observed.ts';
import { at, exited, podObject } from './seen-jobs.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Jobs in memory, with pods that do what a test says. */
export interface FakeCluster {
  readonly api: JobApi;
  readonly podLogs: PodLogStream;
  /** What was asked, in its order: `create`, `service`, `stop`, `delete`, and `create` and `delete` of other kinds by their names. */
  readonly calls: string[];
  /** UIDs by name. */
  readonly jobs: Map<string, { readonly uid: string; readonly job: RenderedJob; conditions: readonly Fields[] }>;
  /** What was made beside Jobs and Services, by kind and name. */
  readonly objects: Map<string, RenderedObject>;
  /** Those of the other kinds are at work. */
  hasControllers: boolean;
  /** Objects of the other kinds are being deleted. */
  isEnding: boolean;
  /** UIDs of their owners by name. */
  readonly services: Map<string, string>;
  /** The one pod there is, or the leading one. */
  pod: Fields | null;
  /** Further pods of the job. */
  peers: readonly Fields[];
  log: string;
  /** What the pod ends with when it is stopped. */
  stopsWith: number;
  /** Called before a Service is made. */
  beforeService: () => void;
  /** Called before each deletion. */
  beforeDelete: () => void;
}

export function createFakeCluster(): FakeCluster {
  const jobs: FakeCluster['jobs'] = new Map();
  const cluster: FakeCluster = {
    api: apiOf(() => cluster),
    podLogs: silence,
    calls: [],
    jobs,
    objects: new Map(),
    services: new Map(),
    ...quiet,
  };
  return cluster;
}

/** Logs are followed in job-logs.test.ts. */
async function* silence(): AsyncGenerator<Buffer> {}

const quiet = {
  hasControllers: true,
  isEnding: false,
  pod: null,
  peers: [],
  log: '',
  stopsWith: 143,
  beforeService: () => {},
  beforeDelete: () => {},
};

function apiOf(get: () => FakeCluster): JobApi {
  return {
    createJob: async (job) => create(get(), job),
    createService: async (service) => createService(get(), service),
    findServiceOwners: async (name) => [get().services.get(name)].filter((uid) => uid !== undefined),
    findJob: async (name) => ({ job: find(get(), name), serverMs: Date.parse(at(10)) }),
    listJobs: async () => [...get().jobs.keys()].map((name) => find(get(), name)).filter((job) => job !== null),
    listPods: async () => podsOf(get()),
    listAllPods: async () => allPods(get()),
    listEvents: async () => [],
    readObjects: async (name) => ({ job: get().jobs.get(name)?.job, pods: [get().pod], events: [] }),
    readLog: async (pod, query) => readLog(get(), pod, query['timestamps'] === 'true'),
    stopPod: async () => stop(get()),
    deleteJob: async (name, uid) => remove(get(), name, uid),
    createObject: async (object) => createObject(get(), object),
    findObject: async ({ plural }, name) =>
      get().objects.has(`${plural}/${name}`) ? { uid: name, isEnding: get().isEnding } : null,
    deleteObject: async ({ plural }, name) => removeObject(get(), plural, name),
  };
}

function create(cluster: FakeCluster, job: RenderedJob): ReturnType<typeof find> {
  cluster.calls.push('create');
  const { name } = job.metadata;
  if (cluster.jobs.has(name)) return null;
  cluster.jobs.set(name, { uid: `uid-${cluster.calls.length}`, job, conditions: [] });
  return find(cluster, name);
}

/** Its controller is at work at once. */
function createObject(cluster: FakeCluster, object: RenderedObject): boolean {
  const { resource, body } = object;
  cluster.calls.push(`create ${body.kind}`);
  const key = `${resource.plural}/${body.metadata.name}`;
  if (cluster.objects.has(key)) return false;
  cluster.objects.set(key, object);
  if (cluster.hasControllers && body.kind !== 'TrainingRuntime') create(cluster, jobOf(object));
  return true;
}

/** What controllers make of a JobSet, and of a TrainJob as far as its patch says. */
function jobOf({ body: { metadata, spec } }: RenderedObject): RenderedJob {
  const parts = spec as { replicatedJobs?: Templates; runtimePatches?: readonly Patch[] };
  const jobs = parts.replicatedJobs ?? parts.runtimePatches?.[0]?.trainingRuntimeSpec.template.spec.replicatedJobs;
  const template = jobs?.[0]?.template as Pick<RenderedJob, 'metadata' | 'spec'>;
  return { ...template, metadata: { ...template.metadata, name: `${metadata.name}-node-0` } };
}

type Templates = readonly { readonly template: unknown }[];

interface Patch {
  readonly trainingRuntimeSpec: { readonly template: { readonly spec: { readonly replicatedJobs: Templates } } };
}

function removeObject(cluster: FakeCluster, plural: string, name: string): void {
  cluster.calls.push(`delete ${plural}`);
  if (!cluster.objects.delete(`${plural}/${name}`)) return;
  for (const [job, { uid }] of cluster.jobs) remove(cluster, job, uid);
}

function find({ jobs }: FakeCluster, name: string): ReturnType<typeof observedJobSchema.parse> | null {
  const found = jobs.get(name);
  if (found === undefined) return null;
  const { metadata: named, spec } = found.job;
  const metadata = { ...named, uid: found.uid, creationTimestamp: at(0) };
  return observedJobSchema.parse({ metadata, spec, status: { conditions: found.conditions } });
}

function createService(cluster: FakeCluster, { metadata }: RenderedService): boolean {
  cluster.beforeService();
  cluster.calls.push('service');
  if (cluster.services.has(metadata.name)) return false;
  cluster.services.set(metadata.name, metadata.ownerReferences?.[0]?.uid ?? '');
  return true;
}

function podsOf({ pod, peers }: FakeCluster): readonly ObservedPod[] {
  return [...(pod === null ? [] : [pod]), ...peers].map((one) => observedPodSchema.parse(one));
}

/** A further pod says its name. */
function readLog({ log, peers }: FakeCluster, pod: string, hasTimes: boolean): Buffer {
  const isPeer = peers.some((peer) => observedPodSchema.parse(peer).metadata.name === pod);
  const text = isPeer ? `I am ${pod}\n` : log;
  return Buffer.from(hasTimes ? stamped(text) : text);
}

/** As a node gives it when it is asked for times. */
function stamped(log: string): string {
  return log.replaceAll(/^(?=.)/gmu, '2026-11-25T10:00:03.000000000Z ');
}

/** The pods as the Job controller labels them: they are of the newest Job. */
function allPods(cluster: FakeCluster): readonly ObservedPod[] {
  const labels = { 'batch.kubernetes.io/controller-uid': [...cluster.jobs.values()].at(-1)?.uid ?? '' };
  return podsOf(cluster).map((pod) => ({ ...pod, metadata: { ...pod.metadata, labels } }));
}

/** The Job controller takes the others away. */
function stop(cluster: FakeCluster): void {
  cluster.calls.push('stop');
  cluster.pod = podObject({ status: { phase: 'Failed' }, container: exited(cluster.stopsWith) });
  cluster.peers = [];
}

function remove(cluster: FakeCluster, name: string, uid: string): void {
  cluster.beforeDelete();
  cluster.calls.push('delete');
  if (cluster.jobs.get(name)?.uid !== uid) return;
  cluster.jobs.delete(name);
  cluster.services.delete(name);
  cluster.pod = null;
  cluster.peers = [];
  cluster.log = '';
}
