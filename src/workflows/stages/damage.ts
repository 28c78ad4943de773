import type { FailureName } from '../../contracts/failures.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { JobStageName } from '../../contracts/stage.ts';
import { failureOf } from '../failure-of.ts';
import type { RunContext } from './job-stage.ts';

export interface DamagedStage {
  readonly stage: JobStageName;
  readonly record: StageRecord;
}

/** Artifacts that a run rebuilds; a store that damages more is not to be trusted. */
const maxRebuilds = 2;

/** How an artifact that is damaged, or gone, shows itself to the one who reads it. */
const damageFailures: ReadonlySet<FailureName> = new Set(['CorruptArtifact', 'MissingInput', 'NotFound']);

/**
 * The stage whose artifact a failure is about, for the run to make it again. Null: the failure is about something else, or about an
 * artifact that this run cannot make, such as a base model; or the run has rebuilt enough.
 */
export function damagedStage({ made }: Pick<RunContext, 'made'>, error: unknown): DamagedStage | null {
  const { name, details } = failureOf(error);
  const uri = details?.['uri'];
  const isDamage = damageFailures.has(name) && typeof uri === 'string';
  return isDamage && made.discardCount() < maxRebuilds ? made.producerOf(uri) : null;
}
