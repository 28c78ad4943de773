import type { ArtifactRef } from '../../contracts/artifact.ts';
import type { Execution } from '../../contracts/execution.ts';
import { inParallel } from '../../contracts/in-parallel.ts';
import type { StageRecord } from '../../contracts/job.ts';
import { AdapterError } from '../../adapters/errors.ts';
import type { ObjectStore, StoredObject } from '../../ports/object-store.ts';
import type { ArtifactUse } from '../artifact-uses.ts';
import { usesPrefix } from '../artifact-uses.ts';
import { baseModelsPrefix } from '../base-models.ts';
import { parseClaimKey, releasedKey } from '../claim-keys.ts';
import { sha256Digest } from '../sha256.ts';
import { recordsPrefix } from '../stage-records.ts';
import { readJson } from '../stored-json.ts';
import type { Survey, SurveyedArtifact, SurveyedClaims, SurveyedSpec, SurveyedUse } from './garbage-plan.ts';
import type { StoredArtifact, StoredClaims, StoredItem } from './stored-items.ts';
import { artifactsOf, checkpointsOf, claimsOf, itemOf, jobsOf } from './stored-items.ts';

const parallelReads = 16;
const specPattern = /^runs\/(?<runId>.+)\/[^/]+$/u;

/** All that garbage collection looks at; what lies elsewhere in the store, or has other names, is not its business. */
export async function surveyStore(objects: ObjectStore): Promise<Survey> {
  const prefixes = ['artifacts/', recordsPrefix, 'checkpoints/', 'claims/', 'runs/', 'jobs/'];
  const [artifacts, records, checkpoints, claims, specs, jobs] = await Promise.all(
    prefixes.map(async (prefix) => listAll(objects, prefix)),
  );
  return {
    artifacts: await inParallel(artifactsOf(artifacts ?? []), parallelReads, (item) => withDigest(objects, item)),
    records: (await readItems<StageRecord>(objects, records ?? [])).map(({ value: { stageKey, artifact }, item }) => ({
      ...item,
      stageKey,
      artifactUri: artifact.uri,
    })),
    checkpoints: checkpointsOf(checkpoints ?? []),
    claims: await inParallel(claimsOf(claims ?? []), parallelReads, (item) => withRuns(objects, item)),
    uses: await surveyUses(objects),
    specs: (specs ?? []).flatMap((object) => specOf(objects, object)),
    jobs: jobsOf(jobs ?? []),
    unfinished: await Array.fromAsync(objects.listUnfinished('')),
  };
}

export async function surveyUses(objects: ObjectStore): Promise<readonly SurveyedUse[]> {
  const uses = await readItems<ArtifactUse>(objects, await listAll(objects, usesPrefix));
  return uses.map(({ value, item }) => ({ ...item, ...value }));
}

/** What names of base models stand for. */
export async function readBaseModels(objects: ObjectStore): Promise<readonly ArtifactRef[]> {
  const keys = await listAll(objects, baseModelsPrefix);
  const models = await inParallel(keys, parallelReads, ({ key }) => readJson<ArtifactRef>(objects, key));
  return models.filter((model) => model !== null);
}

async function listAll(objects: ObjectStore, prefix: string): Promise<readonly StoredObject[]> {
  return Array.fromAsync(objects.list(prefix));
}

interface ReadItem<Value> {
  readonly value: Value;
  readonly item: StoredItem;
}

/** Small documents, each an item of its own; one that is gone by now is left out. */
async function readItems<Value>(
  objects: ObjectStore,
  listed: readonly StoredObject[],
): Promise<readonly ReadItem<Value>[]> {
  const read = await inParallel(listed, parallelReads, async (object): Promise<readonly ReadItem<Value>[]> => {
    const value = await readJson<Value>(objects, object.key);
    return value === null ? [] : [{ value, item: itemOf([object]) }];
  });
  return read.flat();
}

async function withDigest(objects: ObjectStore, item: StoredArtifact): Promise<SurveyedArtifact> {
  const uri = `${objects.rootUri}/${item.prefix}`;
  const manifest = item.keys.find((key) => key === `${item.prefix}/manifest.json`);
  const bytes = manifest === undefined ? null : await bytesOf(objects, manifest);
  return { ...item, uri, digest: bytes === null ? null : sha256Digest(bytes) };
}

async function bytesOf(objects: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await objects.get(key);
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'NotFound') return null;
    throw error;
  }
}

/** Who has the newest claim, if it was not released, and who waits for it. */
async function withRuns(objects: ObjectStore, item: StoredClaims): Promise<SurveyedClaims> {
  const newest = item.keys.map(parseClaimKey).findLast((claim) => claim !== null);
  if (newest === undefined || newest === null || item.keys.includes(releasedKey(newest))) {
    return { ...item, workflowIds: [] };
  }
  const keys = item.keys.filter((key) => parseClaimKey(key)?.generation === newest.generation);
  const runs = await inParallel(keys, parallelReads, (key) => readJson<Execution>(objects, key));
  return { ...item, workflowIds: runs.flatMap((run) => (run === null ? [] : [run.workflowId])) };
}

function specOf(objects: ObjectStore, object: StoredObject): readonly SurveyedSpec[] {
  const runId = specPattern.exec(object.key)?.groups?.['runId'];
  return runId === undefined ? [] : [{ ...itemOf([object]), uri: `${objects.rootUri}/${object.key}`, runId }];
}
