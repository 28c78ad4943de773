import type { Execution } from '../contracts/execution.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { sha256Digest } from './sha256.ts';
import { writeJson } from './stored-json.ts';

/** That a run uses an artifact which it has not made; for garbage collection. */
export interface ArtifactUse {
  readonly workflowId: string;
  readonly artifactUri: string;
}

/** Where uses are kept, one object each. */
export const usesPrefix = 'uses/';

/** Idempotent; a use that is older than its run's last look counts all the same, as long as Temporal knows the run. */
export async function keepUse(objects: ObjectStore, { workflowId }: Execution, artifactUri: string): Promise<void> {
  const use: ArtifactUse = { workflowId, artifactUri };
  const name = sha256Digest(new TextEncoder().encode(JSON.stringify(use))).slice('sha256:'.length);
  await writeJson(objects, `${usesPrefix}${name}.json`, use);
}
