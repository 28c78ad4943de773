import { z } from 'zod';
import type { AllocateVersion } from '../../ports/tracking.ts';
import type { MlflowRest } from './rest.ts';
import { emptyAnswer } from './rest.ts';
import { buildTagFilter, buildTags, runTag, sourceDigestTag, sourceUriTag } from './tags.ts';
import { mlflowErrorCode } from './to-adapter-error.ts';

const versionSchema = z.object({
  version: z.coerce.number().int().positive(),
  tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
});
const oneSchema = z.object({ model_version: versionSchema });
const searchSchema = z.object({
  model_versions: z.array(versionSchema).default([]),
  next_page_token: z.string().default(''),
});

export type ModelVersion = z.infer<typeof versionSchema>;

/**
 * The version of a run, the same for callers that race: creating is not idempotent, but versions count up, so each looks again
 * after creating, the lowest wins, and each deletes what it created in vain. MLflow never gives a deleted number out again.
 */
export async function ensureModelVersion(rest: MlflowRest, request: AllocateVersion): Promise<number> {
  const found = await findLowest(rest, request);
  if (found !== null) return found;
  const created = await createVersion(rest, request);
  const lowest = (await findLowest(rest, request)) ?? created;
  if (lowest !== created) await deleteVersion(rest, request.model, created);
  return lowest;
}

export async function getModelVersion(rest: MlflowRest, name: string, version: number): Promise<ModelVersion | null> {
  try {
    const query = { name, version: String(version) };
    return (await rest({ method: 'GET', path: 'model-versions/get', query, answer: oneSchema })).model_version;
  } catch (error) {
    if (mlflowErrorCode(error) === 'RESOURCE_DOES_NOT_EXIST') return null;
    throw error;
  }
}

/** Of all registered models, page by page. */
export async function* allModelVersions(rest: MlflowRest, pageSize = 1000): AsyncGenerator<ModelVersion> {
  let token = '';
  do {
    const query = { max_results: String(pageSize), ...(token === '' ? {} : { page_token: token }) };
    const page = await rest({ method: 'GET', path: 'model-versions/search', query, answer: searchSchema });
    yield* page.model_versions;
    token = page.next_page_token;
  } while (token !== '');
}

async function findLowest(rest: MlflowRest, request: AllocateVersion): Promise<number | null> {
  const filter = `name = '${request.model}' and ${buildTagFilter(runTag, request.runId)}`;
  const query = { filter, order_by: 'version_number ASC', max_results: '100' };
  const { model_versions: found } = await rest({
    method: 'GET',
    path: 'model-versions/search',
    query,
    answer: searchSchema,
  });
  const versions = found.map((entry) => entry.version);
  return versions.length === 0 ? null : Math.min(...versions);
}

async function createVersion(rest: MlflowRest, request: AllocateVersion): Promise<number> {
  const body = {
    name: request.model,
    source: mlflowSource(request.sourceUri),
    run_id: request.trackingRunId,
    tags: buildTags({
      [runTag]: request.runId,
      [sourceUriTag]: request.sourceUri,
      [sourceDigestTag]: request.sourceDigest,
    }),
  };
  const created = await rest({ method: 'POST', path: 'model-versions/create', body, answer: oneSchema });
  return created.model_version.version;
}

async function deleteVersion(rest: MlflowRest, name: string, version: number): Promise<void> {
  const body = { name, version: String(version) };
  await rest({ method: 'DELETE', path: 'model-versions/delete', body, answer: emptyAnswer });
}

/**
 * MLflow refuses sources on a disk outside its own artifact directory, since it would serve them. Ours are not to be served by it:
 * the scheme says whose they are, and the tags hold the real address.
 */
function mlflowSource(sourceUri: string): string {
  return sourceUri.startsWith('file://') ? sourceUri.replace('file://', 'windlass:') : sourceUri;
}
