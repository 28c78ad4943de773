/** What an artifact is; see docs/job-contract.md for the files of each kind. */
export type ArtifactKind = 'dataset' | 'base-model' | 'checkpoint' | 'weights' | 'engine' | 'report';

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

/** Immutable files under `uri` (no trailing slash), named by the sha256 of the bytes of their `manifest.json`. */
export interface ArtifactRef {
  readonly uri: string;
  readonly digest: Digest;
  readonly kind: ArtifactKind;
}

/** An artifact with the sizes people ask for; what stages hand to each other. */
export interface Artifact extends ArtifactRef {
  readonly sizeBytes: number;
  readonly fileCount: number;
}

export interface ArtifactFile {
  /** Relative to the artifact's uri, `/` as separator. */
  readonly path: string;
  /** Hex, without prefix. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** `manifest.json`: canonical JSON, free of times, machine names and run ids, so that equal work has an equal digest. */
export interface ArtifactManifest {
  readonly schema: 'windlass.artifact/v1';
  readonly kind: ArtifactKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly files: readonly ArtifactFile[];
}
