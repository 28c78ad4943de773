import type { Digest } from '../contracts/artifact.ts';

/** One point of a curve; resending it unchanged leaves the curve unchanged. */
export interface MetricPoint {
  readonly name: string;
  /** Non-finite numbers as `NaN`, `Infinity`, `-Infinity`. */
  readonly value: number | string;
  readonly step: number;
  readonly timeMs: number;
}

/** Experiments and metrics (MLflow tracking). Failures: `Unavailable`, `AccessDenied`, `NotFound`, `InvalidConfig`. */
export interface Tracking {
  /** The tracking run of a Windlass run: found by its tag `windlass.run`, else created. */
  openRun(request: OpenTrackingRun): Promise<TrackingRun>;
  /** Parameters are immutable in MLflow: resending equal ones is fine. Values over 6000 characters are cut. */
  logParameters(trackingRunId: string, parameters: Readonly<Record<string, string>>): Promise<void>;
  /** Any number of points; sent in batches of at most 500. */
  logMetrics(trackingRunId: string, points: readonly MetricPoint[]): Promise<void>;
  setTags(trackingRunId: string, tags: Readonly<Record<string, string>>): Promise<void>;
  closeRun(trackingRunId: string, status: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
}

export interface OpenTrackingRun {
  /** Experiment; the model's name. */
  readonly model: string;
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TrackingRun {
  readonly trackingRunId: string;
  /** Page in the MLflow UI. */
  readonly url: string;
}

/** Registered models, versions, aliases (MLflow registry). */
export interface ModelRegistry {
  /**
   * The integer version of a run: the one that already carries the tag `windlass.run`, else a new one. Called twice, one version.
   * Creates the registered model where it is missing.
   */
  allocateVersion(request: AllocateVersion): Promise<{ readonly version: number; readonly url: string }>;
  /** Lineage and state tags on a version. */
  tagVersion(model: string, version: number, tags: Readonly<Record<string, string>>): Promise<void>;
  /** What a version was built from; null when there is no such version. */
  findVersion(model: string, version: number): Promise<RegisteredVersion | null>;
  /** Every version of every registered model. */
  listVersions(): AsyncIterable<RegisteredVersion>;
  /** Sets or (null) removes an alias such as `champion`. One writer only: MLflow has no compare-and-set. */
  setAlias(model: string, alias: string, version: number | null): Promise<void>;
}

export interface AllocateVersion {
  readonly model: string;
  readonly runId: string;
  readonly trackingRunId: string;
  readonly sourceUri: string;
  readonly sourceDigest: Digest;
}

export interface RegisteredVersion {
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
}
