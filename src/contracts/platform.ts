import type { JsonObject } from './json.ts';
import type { RunInput } from './run-spec.ts';
import type { JobKind } from './stage.ts';

/**
 * The platform as workers and CLI see it: `windlass.yaml`, checked and complete, with the addresses of the servers filled in.
 * The embedded stack writes it to `<home>/platform.json`; a cluster mounts it. Secrets are named by environment variable or file.
 */
export interface Platform {
  readonly schema: 'windlass.platform/v1';
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  readonly store: { readonly uri: string };
  readonly mlflow: { readonly url: string };
  readonly jobs: JobsPlatform;
  readonly targets: Readonly<Record<string, TargetPlatform>>;
  /** Partial run inputs by name, merged under the input that names one. */
  readonly presets: Readonly<Record<string, Partial<RunInput>>>;
  readonly defaultTarget: string;
}

/** Where jobs run. */
export type JobsPlatform = ProcessJobsPlatform | KubernetesJobsPlatform;

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

/** Where and how the `kubernetes` runner starts jobs: one batch/v1 Job each, whatever was asked to make it. */
export interface KubernetesJobsPlatform {
  readonly runner: 'kubernetes';
  /** A kubeconfig file; null: the service account of the pod that the worker runs in. */
  readonly kubeconfig: string | null;
  readonly namespace: string;
  /** Kueue LocalQueue that admits the jobs; null: none. */
  readonly queue: string | null;
  /** Between SIGTERM and SIGKILL: at least what saving a checkpoint takes. */
  readonly graceSeconds: number;
  /** How long a finished Job is left where no worker comes to remove it. */
  readonly ttlSeconds: number;
  readonly defaults: KubernetesJobProfile;
  /** What differs from `defaults`, by stage. */
  readonly stages: Readonly<Partial<Record<JobKind, Partial<KubernetesJobProfile>>>>;
}

/** What is sent to Kubernetes for a job: its Job itself, or an object whose controller makes it. */
export type KubernetesJobKind = 'Job' | 'JobSet' | 'TrainJob';

/** What the pod of a job is made of. Quantities are written as Kubernetes writes them (`500m`, `16Gi`). */
export interface KubernetesJobProfile {
  readonly kind: KubernetesJobKind;
  /** Pods of a job; more than one only for `train`. Each is all that is described here, with a process for each of its GPUs. */
  readonly nodes: number;
  /** By digest (`name@sha256:…`), or by a name whose content never changes: it is part of every stage key. */
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** The interpreter in the image. */
  readonly python: string;
  readonly serviceAccount: string;
  /** Numeric user and group; never 0. */
  readonly runAsUser: number;
  readonly cpu: string;
  /** Request and limit alike; `/dev/shm` counts against it. */
  readonly memory: string;
  /** Of each node. */
  readonly gpus: number;
  /** `nvidia.com/gpu`, or a MIG slice such as `nvidia.com/mig-1g.10gb`. */
  readonly gpuResource: string;
  /** Acceptable values of the node label `nvidia.com/gpu.product`; empty: any. */
  readonly gpuProducts: readonly string[];
  readonly sharedMemory: string;
  /** Size limit of the scratch directory. */
  readonly scratch: string;
  /** The Job's own limit of running time, a backstop behind `timeouts.<stage>`; null: none. */
  readonly deadlineSeconds: number | null;
  /** How long a job may wait for room: quota, admission by its queue, a node; null: for ever. No part of the Job: it may be changed while jobs wait. */
  readonly queueSeconds: number | null;
  /** How long a job that has a node may wait for its container: volumes, image, init containers; null: for ever. As changeable. */
  readonly startSeconds: number | null;
  /** Values that are no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of Secrets whose keys become environment variables. */
  readonly environmentSecrets: readonly string[];
  readonly pod: KubernetesPodExtras;
}

/** Further fields of the pod, in Kubernetes' own form; the API server checks what is inside them. */
export interface KubernetesPodExtras {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: JsonObject;
  readonly tolerations?: readonly JsonObject[];
  readonly topologySpreadConstraints?: readonly JsonObject[];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly schedulerName?: string;
  readonly imagePullSecrets?: readonly JsonObject[];
  readonly volumes?: readonly JsonObject[];
  readonly volumeMounts?: readonly JsonObject[];
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
