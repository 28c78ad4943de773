import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical-json.ts';
import type { JobDocument, JobState } from '../../contracts/job.ts';
import type { JobTime } from '../../ports/job-runner.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { isFailureName } from '../../contracts/failures.ts';
import { AdapterError } from '../errors.ts';
import type { JobObjects } from './job-api.ts';

/** How a job ended: what is left of it when its Job is removed. */
export interface JobRecord {
  readonly jobUid: string;
  readonly specHash: string;
  readonly state: Extract<JobState, { kind: 'exited' | 'lost' }>;
  readonly time: JobTime | null;
}

/** What jobs keep in the object store, under `jobs/<job name>/`: their documents and ends, beside their logs. */
export interface JobRecords {
  /** Where the document stands now. Named by its digest, so that another document of the same name stands beside it. */
  keepDocument(document: JobDocument): Promise<string>;
  find(jobName: string): Promise<JobRecord | null>;
  /** What the API server had of it when it was removed. */
  keepObjects(jobName: string, objects: JobObjects): Promise<void>;
  /** Log and objects go before: a record says that everything is kept. The first record of a name stands. */
  keep(jobName: string, record: JobRecord): Promise<void>;
}

const recordSchema = z.object({
  jobUid: z.string(),
  specHash: z.string(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('exited'), exitCode: z.int(), outOfMemory: z.literal(true).exactOptional() }),
    z.object({
      kind: z.literal('lost'),
      reason: z.string(),
      failure: z.custom<'JobLost'>((name) => typeof name === 'string' && isFailureName(name)).exactOptional(),
    }),
  ]),
  time: z.object({ startedMs: z.number(), endedMs: z.number().nullable() }).nullable(),
});

export function createJobRecords(objects: ObjectStore): JobRecords {
  const put = async (key: string, bytes: Buffer): Promise<void> => void (await objects.putIfAbsent(key, bytes));
  const find = async (key: string): Promise<Buffer | null> => findObject(objects, key);
  return {
    keepDocument: async (document) => {
      const text = canonicalJson(document);
      const digest = createHash('sha256').update(text).digest('hex');
      const key = `jobs/${document.jobName}/${digest}.json`;
      await put(key, Buffer.from(text));
      return `${objects.rootUri}/${key}`;
    },
    find: async (jobName) => {
      const bytes = await find(endedKey(jobName));
      return bytes === null ? null : recordSchema.parse(JSON.parse(bytes.toString('utf8')));
    },
    keepObjects: async (jobName, found) => put(`jobs/${jobName}/objects.json`, Buffer.from(JSON.stringify(found))),
    keep: async (jobName, record) => put(endedKey(jobName), Buffer.from(canonicalJson(record))),
  };
}

/** Where it stands, the job is over and its log complete. */
export function endedKey(jobName: string): string {
  return `jobs/${jobName}/ended.json`;
}

async function findObject(objects: ObjectStore, key: string): Promise<Buffer | null> {
  try {
    return Buffer.from(await objects.get(key));
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'NotFound') return null;
    throw error;
  }
}
