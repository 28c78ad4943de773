import type { RunInput } from './run-spec.ts';

/**
 * The platform as workers and CLI see it: `windlass.yaml`, checked and complete, with the addresses of the servers filled in.
 * The embedded stack writes it to `<home>/platform.json`; a cluster mounts it. Secrets are named by environment variable or file.
 */
export interface Platform {
  readonly schema: 'windlass.platform/v1';
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  readonly store: { readonly uri: string };
  readonly mlflow: { readonly url: string };
  readonly jobs: ProcessJobsPlatform;
  readonly targets: Readonly<Record<string, TargetPlatform>>;
  /** Partial run inputs by name, merged under the input that names one. */
  readonly presets: Readonly<Record<string, Partial<RunInput>>>;
  readonly defaultTarget: string;
}

/** Where and how the `process` runner starts jobs. */
export interface ProcessJobsPlatform {
  readonly runner: 'process';
  /** The interpreter of the locked environment. */
  readonly python: string;
  /** Folder that holds the package `windlass_jobs` and its lock. */
  readonly packageDirectory: string;
  /** Job directories: one each, kept until the job's verdict is in. */
  readonly directory: string;
  /** Jobs that run at once; more wait in the order in which they were submitted. */
  readonly maxParallel: number;
}

export interface TargetPlatform {
  readonly approval: { readonly required: boolean; readonly fourEyes: boolean; readonly expiresSeconds: number };
  readonly replicas: readonly ReplicaPlatform[];
}

/** One Triton server of a target. */
export interface ReplicaPlatform {
  readonly name: string;
  /** host:port of the gRPC endpoint. */
  readonly grpcAddress: string;
  readonly httpUrl: string;
  /** The server's model repository, as this machine sees it. */
  readonly repositoryDirectory: string;
  /** One file per model with the configuration to load after a restart. */
  readonly desiredDirectory: string;
  /** JSON of the machine and environment that serves (`MachineDescription` of ports/serving-replica.ts), written when the server starts. */
  readonly machineFile: string;
  /** File with the secret of the restricted model-repository protocol. */
  readonly secretFile: string;
}
