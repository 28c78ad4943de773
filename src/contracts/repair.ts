import type { Failure } from './failures.ts';
import type { JsonValue } from './json.ts';
import type { JobStageName, StageName } from './stage.ts';

/** Fields of a run's spec by their paths, with new values: `{"train.learningRate": 0.0001}`. Objects are merged, all else is replaced. */
export type SpecChange = Readonly<Record<string, JsonValue>>;

/** Payload of the Update `retry`: a person's word that a parked run goes on from the stage that failed. */
export interface RepairOrder {
  readonly stage: JobStageName;
  readonly by: string;
  /** Absent: the stage is tried again as it was. */
  readonly set?: SpecChange;
  readonly comment?: string;
}

/** A repair that was made; a run keeps all of its own. */
export interface RepairRecord {
  readonly stage: JobStageName;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  readonly set: SpecChange;
  readonly comment?: string;
  /** Digest of the spec that the run went on with. */
  readonly specDigest: string;
}

/** Why a run is parked: the stage that failed, and what a person needs to decide how to go on. */
export interface Attention {
  readonly stage: JobStageName;
  readonly failure: Failure;
  /** The last lines of the job's log; empty where the stage failed without one. */
  readonly logTail: string;
  /** Name of the job, for `windlass logs`. */
  readonly job: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601; then the run ends with the failure. */
  readonly expiresAt: string;
}

/** What happens when a job stage fails for good. */
export interface RepairSpec {
  /** `park`: the run waits for a repair; `fail`: it ends. */
  readonly onFailure: 'park' | 'fail';
  readonly expiresSeconds: number;
}

/** A field of a {@link SpecChange} that cannot be changed any more; `reader` null: it belongs to the run as a whole. */
export interface SettledField {
  readonly path: string;
  readonly reader: StageName | null;
}
