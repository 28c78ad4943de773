import type { ArtifactRef, Digest } from '../contracts/artifact.ts';
import { canonicalJson } from '../contracts/canonical-json.ts';
import type { RunSpec, StoredSource } from '../contracts/run-spec.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { sha256Digest } from './sha256.ts';

/** The document that a run works with from its first stage to its last; a repair makes another one beside it. */
export interface StoredSpec {
  readonly spec: RunSpec;
  readonly sources: readonly StoredSource[];
  readonly baseModel: ArtifactRef | null;
}

export interface KeptSpec {
  readonly specUri: string;
  readonly specDigest: Digest;
}

/** Keeps the document of a run under its digest: a source that changed between two attempts gives another document. Idempotent. */
export async function keepSpec(objects: ObjectStore, runId: string, document: StoredSpec): Promise<KeptSpec> {
  const bytes = new TextEncoder().encode(canonicalJson(document));
  const specDigest = sha256Digest(bytes);
  const key = `runs/${runId}/spec-${specDigest.slice('sha256:'.length, 'sha256:'.length + 16)}.json`;
  await objects.putIfAbsent(key, bytes);
  return { specUri: `${objects.rootUri}/${key}`, specDigest };
}

/** @throws AdapterError `NotFound` */
export async function readSpec(objects: ObjectStore, specUri: string): Promise<StoredSpec> {
  const bytes = await objects.get(specUri.slice(objects.rootUri.length + 1));
  return JSON.parse(new TextDecoder().decode(bytes)) as StoredSpec;
}
