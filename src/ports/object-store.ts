import type { Artifact, ArtifactManifest, ArtifactRef } from '../contracts/artifact.ts';

/**
 * Immutable objects under one root (`file:///dir` or `s3://bucket/prefix`). Keys are relative, `/`-separated. Every method is safe
 * to repeat. Failures are `AdapterError`s: `NotFound`, `CorruptArtifact`, `Unavailable`, `AccessDenied`, `StorageFull`.
 */
export interface ObjectStore {
  /** `file:///…` or `s3://…` without trailing slash. */
  readonly rootUri: string;
  /**
   * Writes only if nothing is there: of any number of racing writers exactly one gets `true`.
   * Bytes are durable (fsync, or acknowledged by the server) when it returns.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Whole object; for small ones (manifests, records). */
  get(key: string): Promise<Uint8Array>;
  stat(key: string): Promise<{ readonly sizeBytes: number } | null>;
  /** Keys under a prefix, in lexical order. */
  list(prefix: string): AsyncIterable<StoredObject>;
  delete(key: string): Promise<void>;
  /** What writers have begun and not finished below a prefix, empty or ending in `/`: it is no object, and takes space. */
  listUnfinished(prefix: string): AsyncIterable<UnfinishedWrite>;
  /** Removes what {@link ObjectStore.listUnfinished} named; one that is gone is no error. */
  removeUnfinished(id: string): Promise<void>;
  /** Streams a local file up: parallel parts with bounded memory, resumable, aborted on failure; if the object exists nothing is sent. */
  upload(file: string, key: string, options?: TransferOptions): Promise<void>;
  /** Streams an object into a local file (temp + rename), verified against size and sha256 while it flows; resumes a partial download. */
  download(key: string, file: string, options: DownloadOptions): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, by the clock of the store. */
  readonly modifiedMs: number;
}

/** A temporary file, an empty folder, an upload that nobody completed. */
export interface UnfinishedWrite {
  /** The store's own name of it. */
  readonly id: string;
  /** The key that was written to, or one beside it; of a folder, with `/` at the end. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes moved since the last call; what a resume skips is not counted. */
  readonly onBytes?: (bytes: number) => void;
}

export interface DownloadOptions extends TransferOptions {
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Artifacts on top of an object store; docs/job-contract.md has the layout. */
export interface ArtifactStore {
  readonly objects: ObjectStore;
  /** The manifest, its bytes checked against the reference's digest. */
  manifest(ref: ArtifactRef): Promise<ArtifactManifest>;
  /** True when the manifest verifies and every file is there with its size. */
  isComplete(ref: ArtifactRef): Promise<boolean>;
  /** Copies or links all files into a local directory (must not exist: staged beside it and renamed), each verified by sha256. */
  fetch(ref: ArtifactRef, directory: string, options?: TransferOptions): Promise<ArtifactManifest>;
  /** One small file of an artifact, verified. */
  readFile(ref: ArtifactRef, path: string): Promise<Uint8Array>;
  /** Publishes a local directory: files, then manifest only if absent. */
  publish(directory: string, target: PublishTarget): Promise<Artifact>;
}

export interface PublishTarget {
  readonly uri: string;
  readonly kind: Artifact['kind'];
  readonly attributes: ArtifactManifest['attributes'];
}
