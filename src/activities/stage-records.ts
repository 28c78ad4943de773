import type { ArtifactStore, ObjectStore } from '../ports/object-store.ts';
import type { Digest } from '../contracts/artifact.ts';
import type { StageRecord } from '../contracts/job.ts';
import { AdapterError } from '../adapters/errors.ts';

/** Keeps what a stage made under its key; of equal keys the first record stays. */
export async function keepStageRecord(objects: ObjectStore, record: StageRecord): Promise<void> {
  await objects.putIfAbsent(recordKey(record.stageKey), new TextEncoder().encode(JSON.stringify(record)));
}

/** The record of a stage key whose artifact still stands: manifest verified, files there. Null: the stage has to run. */
export async function findStageRecord(artifacts: ArtifactStore, stageKey: Digest): Promise<StageRecord | null> {
  const record = await readRecord(artifacts.objects, stageKey);
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

async function readRecord(objects: ObjectStore, stageKey: Digest): Promise<StageRecord | null> {
  try {
    return JSON.parse(new TextDecoder().decode(await objects.get(recordKey(stageKey)))) as StageRecord;
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'NotFound') return null;
    throw error;
  }
}

function recordKey(stageKey: Digest): string {
  return `stages/${stageKey.slice('sha256:'.length)}.json`;
}
