import type { HomeLookup } from '../stack-home.ts';
import type { ReadableLog } from './job-log.ts';
import type { ArtifactCatalog } from './open-artifact-store.ts';

/* Loaded only when it is needed: the SDK of the object store takes longer to load than most commands take. */

export async function openCatalog(lookup: HomeLookup): Promise<ArtifactCatalog> {
  const { openArtifactCatalog } = await import('./open-artifact-store.ts');
  return openArtifactCatalog(lookup);
}

export async function openJobLog(lookup: HomeLookup, job: string): Promise<ReadableLog> {
  const { openStoredLog } = await import('./open-artifact-store.ts');
  return openStoredLog(lookup, job);
}
