import { z } from 'zod';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { jobContainerName } from './job-container.ts';
import type { ApiResource } from './job-kinds.ts';
import { pathOfResource } from './job-kinds.ts';
import { jobUidLabel, ownedJobsSelector } from './job-metadata.ts';
import type { RenderedService } from './job-service.ts';
import type { RenderedObject } from './job-set.ts';
import type { RenderedJob } from './job-spec.ts';
import type { Listing } from './list-pages.ts';
import { listPages } from './list-pages.ts';
import type { ObservedEvent, ObservedJob, ObservedPod } from './observed.ts';
import { observedEventSchema, observedJobSchema, observedPodSchema } from './observed.ts';
import { refusedStatus } from './to-adapter-error.ts';

/** What we ask of the API server about Jobs and what belongs to them, in one namespace. */
export interface JobApi {
  /** Null: the name is taken. */
  createJob(job: RenderedJob): Promise<ObservedJob | null>;
  /** False: the name is taken. */
  createService(service: RenderedService): Promise<boolean>;
  /** UIDs of those that it goes with; none where it is gone. */
  findServiceOwners(name: string): Promise<readonly string[]>;
  findJob(name: string): Promise<{ readonly job: ObservedJob | null; readonly serverMs: number }>;
  listJobs(): Promise<readonly ObservedJob[]>;
  listPods(jobUid: string): Promise<readonly ObservedPod[]>;
  /** Of all our Jobs. */
  listAllPods(): Promise<readonly ObservedPod[]>;
  listEvents(objectUid: string): Promise<readonly ObservedEvent[]>;
  /** All of a Job, its pods, and the events about them, as the API server has them: for people who ask later. */
  readObjects(name: string, jobUid: string): Promise<JobObjects>;
  /** What the job's container has written, as far as the node still has it; empty where there is nothing yet. */
  readLog(podName: string, query: Readonly<Record<string, string>>): Promise<Buffer>;
  /** Lets the node end the pod as it ends one that is deleted, but keeps the pod, its exit code and its log. */
  stopPod(podName: string): Promise<void>;
  /** The Job and its pods; one that has another UID, or is gone, is left alone. */
  deleteJob(name: string, uid: string): Promise<void>;
  /** False: the name is taken. */
  createObject(object: RenderedObject): Promise<boolean>;
  findObject(resource: ApiResource, name: string): Promise<FoundObject | null>;
  /** The object and all that came of it; one that is gone is left alone. */
  deleteObject(resource: ApiResource, name: string): Promise<void>;
}

export interface FoundObject {
  readonly uid: string;
  /** It is being deleted. */
  readonly isEnding: boolean;
}

export interface JobObjects {
  readonly job: unknown;
  readonly pods: readonly unknown[];
  readonly events: readonly unknown[];
}

/** 400: the container has not begun. 404: the pod or its log is gone. */
const noLog = [400, 404];

const ownedSchema = z.object({
  metadata: z.object({ ownerReferences: z.array(z.object({ uid: z.string() })).default([]) }),
});
const foundSchema = z.object({ metadata: z.object({ uid: z.string(), deletionTimestamp: z.string().nullish() }) });
const uidSchema = z.looseObject({ metadata: z.looseObject({ uid: z.string() }) });

export function createJobApi(client: ApiClient, namespace: string): JobApi {
  const jobs = jobsPath(namespace);
  const core = corePath(namespace);
  const ours = { labelSelector: ownedJobsSelector };
  const podsOf = async <Item>(uid: string, item: z.ZodType<Item>): Promise<readonly Item[]> =>
    listAll(client, { path: `${core}/pods`, query: { labelSelector: `${jobUidLabel}=${uid}` }, item });
  const eventsOf = async <Item>(uid: string, item: z.ZodType<Item>): Promise<readonly Item[]> =>
    listAll(client, { path: `${core}/events`, query: { fieldSelector: `involvedObject.uid=${uid}` }, item });
  return {
    createJob: (job) => createJob(client, jobs, job),
    createService: async (service) => (await create(client, `${core}/services`, service)) !== null,
    findServiceOwners: (name) => findServiceOwners(client, `${core}/services/${name}`),
    findJob: (name) => findJob(client, `${jobs}/${name}`),
    listJobs: () => listAll(client, { path: jobs, query: ours, item: observedJobSchema }),
    listPods: (uid) => podsOf(uid, observedPodSchema),
    listAllPods: () => listAll(client, { path: `${core}/pods`, query: ours, item: observedPodSchema }),
    listEvents: (uid) => eventsOf(uid, observedEventSchema),
    readObjects: async (name, uid) => {
      const job = await unless([404], client({ method: 'GET', path: `${jobs}/${name}` }));
      const pods = await podsOf(uid, uidSchema);
      const about = [uid, ...pods.map(({ metadata }) => metadata.uid)];
      const events = await Promise.all(about.map(async (objectUid) => eventsOf(objectUid, z.unknown())));
      return { job: job === null ? null : parse(z.unknown(), job.body), pods, events: events.flat() };
    },
    readLog: (pod, query) => readLog(client, `${core}/pods/${pod}/log`, query),
    stopPod: (pod) => stopPod(client, `${core}/pods/${pod}`),
    deleteJob: (name, uid) => deleteJob(client, `${jobs}/${name}`, uid),
    createObject: async ({ resource, body }) =>
      (await create(client, pathOfResource(resource, namespace), body)) !== null,
    findObject: (resource, name) => findObject(client, `${pathOfResource(resource, namespace)}/${name}`),
    deleteObject: (resource, name) => deleteObject(client, `${pathOfResource(resource, namespace)}/${name}`),
  };
}

export function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}

export function corePath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}`;
}

async function createJob(client: ApiClient, path: string, job: RenderedJob): Promise<ObservedJob | null> {
  const answer = await create(client, path, job);
  return answer === null ? null : parse(observedJobSchema, answer.body);
}

/** Strict: a field of the platform file that Kubernetes does not know is refused, not dropped. */
async function create(client: ApiClient, path: string, body: object): Promise<ApiAnswer | null> {
  const query = { fieldValidation: 'Strict', fieldManager: 'windlass' };
  return unless([409], client({ method: 'POST', path, query, body }));
}

async function findServiceOwners(client: ApiClient, path: string): Promise<readonly string[]> {
  const answer = await unless([404], client({ method: 'GET', path }));
  if (answer === null) return [];
  return parse(ownedSchema, answer.body).metadata.ownerReferences.map(({ uid }) => uid);
}

async function findJob(client: ApiClient, path: string): ReturnType<JobApi['findJob']> {
  const answer = await unless([404], client({ method: 'GET', path }));
  if (answer === null) return { job: null, serverMs: Date.now() };
  return { job: parse(observedJobSchema, answer.body), serverMs: answer.serverMs };
}

interface ListedAt<Item> {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly item: z.ZodType<Item>;
}

async function listAll<Item>(client: ApiClient, { path, query, item }: ListedAt<Item>): Promise<readonly Item[]> {
  const get: Listing<Item>['get'] = async (asked) => (await client({ method: 'GET', path, query: asked })).body;
  return (await listPages({ get, query, item })).items;
}

async function readLog(client: ApiClient, path: string, query: Readonly<Record<string, string>>): Promise<Buffer> {
  const answer = await unless(noLog, client({ method: 'GET', path, query: { container: jobContainerName, ...query } }));
  return answer?.body ?? Buffer.alloc(0);
}

/** A pod that is past its deadline fails, with SIGTERM and grace, and stays for whoever reads it. */
async function stopPod(client: ApiClient, path: string): Promise<void> {
  await unless([404], client({ method: 'PATCH', path, body: { spec: { activeDeadlineSeconds: 1 } } }));
}

async function deleteJob(client: ApiClient, path: string, uid: string): Promise<void> {
  const body = { propagationPolicy: 'Background', preconditions: { uid } };
  await unless([404, 409], client({ method: 'DELETE', path, body }));
}

async function findObject(client: ApiClient, path: string): Promise<FoundObject | null> {
  const answer = await unless([404], client({ method: 'GET', path }));
  if (answer === null) return null;
  const { uid, deletionTimestamp } = parse(foundSchema, answer.body).metadata;
  return { uid, isEnding: deletionTimestamp != null };
}

async function deleteObject(client: ApiClient, path: string): Promise<void> {
  await unless([404], client({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } }));
}

/** Null where the server refused with one of these statuses. */
async function unless(statuses: readonly number[], answer: Promise<ApiAnswer>): Promise<ApiAnswer | null> {
  return answer.catch((error: unknown) => {
    if (statuses.includes(refusedStatus(error) ?? 0)) return null;
    throw error;
  });
}

function parse<T>(schema: z.ZodType<T>, body: Buffer): T {
  return schema.parse(JSON.parse(body.toString('utf8')));
}
