import type { RunSpec } from '../contracts/run-spec.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** The resolved spec of a run, from where `resolveRun` put it. @throws `NotFound` */
export async function readStoredSpec(objects: ObjectStore, specUri: string): Promise<RunSpec> {
  const bytes = await objects.get(specUri.slice(objects.rootUri.length + 1));
  const { spec } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly spec: RunSpec };
  return spec;
}
