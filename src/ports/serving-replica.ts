import type { ArtifactRef } from '../contracts/artifact.ts';
import type { GenerateChunk, GenerateRequest } from '../contracts/inference.ts';
import type { ServingOptions } from '../contracts/run-spec.ts';
import type { ReplicaSnapshot } from '../contracts/serving.ts';

/**
 * One Triton server with its model repository. All changes carry a fencing token: one that is lower than the highest seen for the
 * model is refused with `StaleFence`; the same one is a repeated call. Failures are `AdapterError`s: `Unavailable`, `AccessDenied` (restricted protocol, wrong control
 * mode), `EngineRejected` (Load failed; message has Triton's reason), `VersionConflict`, `CorruptArtifact`, `StorageFull`, `StaleFence`.
 */
export interface ServingReplica {
  readonly name: string;
  readState(model: string): Promise<ReplicaState>;
  /** From now on every change with a lower token is refused. @throws AdapterError `StaleFence` when a higher one was here */
  raiseFence(request: { readonly model: string; readonly fence: number }): Promise<void>;
  /** What engines must fit: from the machine and the environment that Triton's python backend runs in. */
  describeMachine(): Promise<MachineDescription>;
  /**
   * Puts an engine into the repository as `<model>/<version>/`: staged beside, every file verified by sha256, renamed. There already with
   * the same engine and serving options: nothing is done. With others: `VersionConflict`. Aborted: it ends before the version appears.
   */
  publish(request: PublishVersion, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Removes a version's files, staged ones too; it must not be ready. Not there: nothing is done. */
  unpublish(request: { readonly model: string; readonly version: number; readonly fence: number }): Promise<void>;
  /** Loads a published version under its candidate name (`candidateModelName`), where users cannot reach it, and waits until ready. */
  loadCandidate(request: { readonly model: string; readonly version: number; readonly fence: number }): Promise<void>;
  /** Unloads the candidate name, waits until it is gone, removes its directory. Nothing loaded: nothing is done. */
  unloadCandidate(request: { readonly model: string; readonly fence: number }): Promise<void>;
  /**
   * Makes exactly these versions ready (Load with explicit configuration, version policy `specific`; [] unloads) and verifies it by
   * RepositoryIndex and ModelConfig. Unversioned requests then go to the highest. Written to the desired state first, so that a
   * restarted server comes back to it.
   */
  showVersions(request: {
    readonly model: string;
    readonly versions: readonly number[];
    readonly fence: number;
  }): Promise<void>;
  /** Streams one answer. */
  generate(request: GenerateRequest): AsyncIterable<GenerateChunk>;
}

export interface PublishVersion {
  readonly model: string;
  readonly version: number;
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  readonly fence: number;
}

export interface ReplicaState extends Omit<ReplicaSnapshot, 'replica'> {
  /** Triton's index for the model and its candidate. */
  readonly index: readonly {
    readonly name: string;
    readonly version: string;
    readonly state: string;
    readonly reason: string;
  }[];
}

export interface MachineDescription {
  /** Package → version, as in an engine's attribute `runtimeVersions`. */
  readonly runtimeVersions: Readonly<Record<string, string>>;
  /** Flags of the processor, as in an engine's attribute `cpuFeatures`. */
  readonly cpuFeatures: readonly string[];
}
