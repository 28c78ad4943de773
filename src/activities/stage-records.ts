import type { ArtifactStore, ObjectStore } from '../ports/object-store.ts';
import type { Digest } from '../contracts/artifact.ts';
import type { StageRecord } from '../contracts/job.ts';
import { AdapterError } from '../adapters/errors.ts';
import { readJson, writeJson } from './stored-json.ts';

export const recordsPrefix = 'stages/';

/** Keeps what a stage made under its key; of equal keys the first record stays. */
export async function keepStageRecord(objects: ObjectStore, record: StageRecord): Promise<void> {
  await writeJson(objects, recordKey(record.stageKey), record);
}

/** Keeps it in place of an earlier one; in between there is none for a moment, and whoever looks then does the work. */
export async function replaceStageRecord(objects: ObjectStore, record: StageRecord): Promise<void> {
  await objects.delete(recordKey(record.stageKey));
  await keepStageRecord(objects, record);
}

/** Drops the record if it names that artifact, whose bytes were found damaged; one that was rebuilt meanwhile stays. */
export async function discardStageRecord(
  objects: ObjectStore,
  { stageKey, artifactUri }: { readonly stageKey: Digest; readonly artifactUri: string },
): Promise<void> {
  const record = await readJson<StageRecord>(objects, recordKey(stageKey));
  if (record?.artifact.uri === artifactUri) await objects.delete(recordKey(stageKey));
}

/** The record of a stage key whose artifact still stands: manifest verified, files there. Null: the stage has to run. */
export async function findStageRecord(artifacts: ArtifactStore, stageKey: Digest): Promise<StageRecord | null> {
  const record = await readJson<StageRecord>(artifacts.objects, recordKey(stageKey));
  if (record === null) return null;
  if (await isStanding(artifacts, record)) return record;
  await artifacts.objects.delete(recordKey(stageKey));
  return null;
}

async function isStanding(artifacts: ArtifactStore, record: StageRecord): Promise<boolean> {
  try {
    return await artifacts.isComplete(record.artifact);
  } catch (error) {
    if (error instanceof AdapterError && (error.failure === 'CorruptArtifact' || error.failure === 'NotFound'))
      return false;
    throw error;
  }
}

/** Whether exactly this record is kept now. */
export async function isKept(objects: ObjectStore, { stageKey, artifact }: StageRecord): Promise<boolean> {
  return (await readJson<StageRecord>(objects, recordKey(stageKey)))?.artifact.uri === artifact.uri;
}

function recordKey(stageKey: Digest): string {
  return `${recordsPrefix}${stageKey.slice('sha256:'.length)}.json`;
}
