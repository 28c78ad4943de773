import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import { AdapterError } from '../errors.ts';
import type { JobApi } from './job-api.ts';
import type { WrapperKind } from './job-kinds.ts';
import { annotationKeys } from './job-metadata.ts';
import type { RenderedObject } from './job-set.ts';
import { buildJobSet } from './job-set.ts';
import type { RenderedJob } from './job-spec.ts';
import { newestEvent } from './observed.ts';
import { buildTrainJob } from './train-job.ts';

const pollMs = 200;
/** What controllers and webhooks need that are at work. */
const patienceMs = 20_000;

/** What is sent for a Job that somebody else's controller is to make, in its order; the last one stands for the job. */
export function objectsOf(
  job: RenderedJob,
  kind: WrapperKind,
  platform: KubernetesJobsPlatform,
): readonly RenderedObject[] {
  return kind === 'JobSet' ? [buildJobSet(job, platform)] : buildTrainJob(job, platform);
}

/**
 * Creates the objects, or finds them there, and waits for the Job that comes of them: a job is known by the UID of its Job, whatever made it.
 * @throws AdapterError `Conflict` where one of them is being deleted, `Unavailable` while no Job comes of it
 */
export async function submitObjects(
  api: JobApi,
  job: RenderedJob,
  objects: readonly RenderedObject[],
): Promise<{ readonly specHash: string; readonly uid: string }> {
  for (const [index, object] of objects.entries()) await ensureObject(api, object, objects.slice(0, index));
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const { job: found } = await api.findJob(job.metadata.name);
    if (found !== null && found.metadata.deletionTimestamp == null)
      return { specHash: found.metadata.annotations[annotationKeys.specHash] ?? 'none', uid: found.metadata.uid };
    if (Date.now() > deadlineMs) throw await withoutJob(api, objects);
    await sleep(pollMs);
  }
}

/** Whose spec it has is told by the Job that comes of it. */
async function ensureObject(api: JobApi, object: RenderedObject, sent: readonly RenderedObject[]): Promise<void> {
  if (await createPatiently(api, object, sent)) return;
  const { kind, metadata } = object.body;
  const found = await api.findObject(object.resource, metadata.name);
  if (found === null || found.isEnding) throw conflict(`${kind} ${metadata.name} is being deleted: it is tried again`);
}

/** Webhooks, the trainer's and Kueue's, look for a runtime that was just made where it is not seen yet, and name it when they refuse. */
async function createPatiently(api: JobApi, object: RenderedObject, sent: readonly RenderedObject[]): Promise<boolean> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await api.createObject(object);
    } catch (error) {
      if (!isRefusedFor(sent, error) || Date.now() > deadlineMs) throw error;
      await sleep(pollMs);
    }
  }
}

function isRefusedFor(sent: readonly RenderedObject[], error: unknown): boolean {
  return error instanceof AdapterError && sent.some(({ body }) => error.message.includes(body.metadata.name));
}

async function withoutJob(api: JobApi, objects: readonly RenderedObject[]): Promise<AdapterError> {
  const { resource, body } = objects.at(-1) as RenderedObject;
  const { name } = body.metadata;
  const found = await api.findObject(resource, name);
  const event = found === null ? undefined : newestEvent(await api.listEvents(found.uid), found.uid);
  const said = event?.message ?? 'nothing is said about it';
  const message = `${body.kind} ${name} has no Job after ${patienceMs / 1000} s (${said}); check that the controller of ${body.kind}s runs`;
  return new AdapterError('Unavailable', message, { system: 'jobs' });
}

/** The name is taken, or is about to be free again. */
export function conflict(message: string): AdapterError {
  return new AdapterError('Conflict', message, { system: 'jobs' });
}
