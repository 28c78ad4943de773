import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { AdapterError } from '../adapters/errors.ts';

export const baseModelsPrefix = 'models/';

/** The artifact a base model's name stands for; absent: null, or `MissingInput` where it is required. */
export async function baseModelOf(objects: ObjectStore, name: string, need?: 'required'): Promise<ArtifactRef | null> {
  try {
    return JSON.parse(new TextDecoder().decode(await objects.get(nameKey(name)))) as ArtifactRef;
  } catch (error) {
    if (!(error instanceof AdapterError) || error.failure !== 'NotFound') throw error;
    if (need === undefined) return null;
    throw new AdapterError(
      'MissingInput',
      `baseModel: no base model is named "${name}"; import it first: windlass models import <dir|gguf|hf://repo@revision> --name ${name}`,
      { system: 'store', cause: error },
    );
  }
}

export async function keepBaseModel(objects: ObjectStore, name: string, artifact: ArtifactRef): Promise<void> {
  if (await objects.putIfAbsent(nameKey(name), new TextEncoder().encode(JSON.stringify(artifact)))) return;
  const kept = await baseModelOf(objects, name, 'required');
  if (kept?.digest === artifact.digest) return;
  throw new AdapterError('Conflict', `the name "${name}" already stands for another base model; choose another name`, {
    system: 'store',
  });
}

function nameKey(name: string): string {
  return `${baseModelsPrefix}${name}.json`;
}
