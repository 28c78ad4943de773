/** What garbage collection looks at in the object store. */
export const storedKinds = ['artifact', 'record', 'checkpoint', 'claim', 'use', 'spec', 'job', 'unfinished'] as const;

/**
 * `record` of a finished stage, `checkpoint`s of a training, `claim` of a stage key, `use` of an artifact by a run that did not make it,
 * `spec` of a run, `job`: its document, log and end, where they are kept in the store; `unfinished`: what a writer that died has left.
 */
export type StoredKind = (typeof storedKinds)[number];

/** Why something stays; of several reasons the first of this list. */
export const keepers = [
  'release',
  'registered-version',
  'base-model',
  'open-run',
  'closed-run',
  'grace-period',
] as const;

/** `closed-run`: one that Temporal still keeps; `grace-period`: nothing refers to it, but it is too young to tell. */
export type Keeper = (typeof keepers)[number];

export interface StoredCount {
  readonly kind: StoredKind;
  readonly count: number;
  readonly sizeBytes: number;
}

export interface KeptCount extends StoredCount {
  readonly by: Keeper;
}

/** What a collection found, and what it did. */
export interface GarbageReport {
  readonly olderThanMs: number;
  /** What nothing refers to. */
  readonly garbage: readonly StoredCount[];
  readonly kept: readonly KeptCount[];
  /** Null: it was only looked at. Less than the garbage where a run began to use something meanwhile. */
  readonly removed: readonly StoredCount[] | null;
}

export interface CollectGarbageInput {
  /** Nothing younger is removed; at least {@link shortestGraceMs}. */
  readonly olderThanMs: number;
  readonly dryRun: boolean;
}

/** Temporal may list a run some seconds after it has begun; what it uses must be safe until then. */
export const shortestGraceMs = 60_000;
