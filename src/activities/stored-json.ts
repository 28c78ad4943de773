import type { ObjectStore } from '../ports/object-store.ts';
import { AdapterError } from '../adapters/errors.ts';

/** A small JSON object of the store; null: there is none. What Windlass itself wrote has the shape it was written with. */
export async function readJson<Value>(objects: ObjectStore, key: string): Promise<Value | null> {
  try {
    return JSON.parse(new TextDecoder().decode(await objects.get(key))) as Value;
  } catch (error) {
    if (error instanceof AdapterError && error.failure === 'NotFound') return null;
    throw error;
  }
}

/** False: something was there already and stays. */
export async function writeJson(objects: ObjectStore, key: string, value: object): Promise<boolean> {
  return objects.putIfAbsent(key, new TextEncoder().encode(JSON.stringify(value)));
}
