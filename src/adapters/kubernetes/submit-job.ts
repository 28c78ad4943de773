import type { JobDocument } from '../../contracts/job.ts';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobApi } from './job-api.ts';
import { annotationKeys } from './job-metadata.ts';
import { namesOfJob } from './job-name.ts';
import { buildJobService } from './job-service.ts';
import type { JobRecords } from './job-records.ts';
import type { RenderedJob } from './job-spec.ts';
import { buildJob, profileOf } from './job-spec.ts';
import { isGang } from './rendezvous.ts';
import { conflict, objectsOf, submitObjects } from './submit-objects.ts';

export interface Submission {
  readonly api: JobApi;
  readonly records: JobRecords;
  readonly platform: KubernetesJobsPlatform;
}

/**
 * Creates the Job, or what makes it, or adopts the one that is there or has been there: equal documents on equal platforms are one job.
 * @returns its UID
 * @throws AdapterError `Conflict` where the name belongs to another spec or kind, or its Job is being deleted by somebody else; `Unavailable`
 * while no controller makes it
 */
export async function submitJob({ api, records, platform }: Submission, document: JobDocument): Promise<string> {
  const job = buildJob(document, { platform, documentUri: await records.keepDocument(document) });
  const record = await records.find(document.jobName);
  if (record !== null) return adopted(job, { specHash: record.specHash, uid: record.jobUid });
  await refuseOtherKind(api, job, document.jobName);
  const profile = profileOf(platform, document.stage);
  if (profile.kind !== 'Job')
    return adopted(job, await submitObjects(api, job, objectsOf(job, profile.kind, platform)));
  const created = await api.createJob(job);
  const uid = created === null ? await adoptStanding(api, job) : created.metadata.uid;
  if (isGang(profile)) await ensureJobService(api, job, uid);
  return uid;
}

/** One that was sent before the platform file got another kind has another name, or another maker: both would run. */
async function refuseOtherKind(api: JobApi, job: RenderedJob, jobName: string): Promise<void> {
  const asked = kindOf(job.metadata.annotations);
  for (const { job: found } of await Promise.all(namesOfJob(jobName).map((name) => api.findJob(name)))) {
    const kind = found === null ? asked : kindOf(found.metadata.annotations);
    if (kind !== asked) throw conflict(`the job name ${jobName} is taken by a ${kind}, asked for a ${asked}`);
  }
}

function kindOf(annotations: Readonly<Record<string, string>>): string {
  return annotations[annotationKeys.kind] ?? 'Job';
}

/** Or finds it there: whoever died between the two has left a Job whose pods wait for their names. */
async function ensureJobService(api: JobApi, job: RenderedJob, jobUid: string): Promise<void> {
  const service = buildJobService(job, jobUid);
  const { name } = service.metadata;
  if (await api.createService(service)) return;
  const owners = await api.findServiceOwners(name);
  if (owners.includes(jobUid)) return;
  throw conflict(`Service ${name} belongs to a Job that is gone: it is tried again`);
}

async function adoptStanding(api: JobApi, job: RenderedJob): Promise<string> {
  const { job: found } = await api.findJob(job.metadata.name);
  if (found === null || found.metadata.deletionTimestamp != null)
    throw conflict(`Job ${job.metadata.name} is being deleted: it is tried again`);
  const { uid, annotations } = found.metadata;
  return adopted(job, { specHash: annotations[annotationKeys.specHash] ?? 'none', uid });
}

function adopted(job: RenderedJob, found: { readonly specHash: string; readonly uid: string }): string {
  const asked = job.metadata.annotations[annotationKeys.specHash];
  if (found.specHash === asked) return found.uid;
  const name = job.metadata.annotations[annotationKeys.jobName] ?? '';
  throw conflict(`the job name ${name} is taken by another spec: found ${found.specHash}, asked for ${asked ?? ''}`);
}
