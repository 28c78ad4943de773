/** The seven stages of a run, in their order. */
export const stageNames = [
  'prepare-data',
  'train',
  'convert',
  'build-engine',
  'evaluate',
  'deploy',
  'smoke-test',
] as const;

export type StageName = (typeof stageNames)[number];

/** Stages whose work is a job; the others act on the serving side. */
export type JobStageName = Exclude<StageName, 'deploy' | 'smoke-test'>;

export const jobStageNames: readonly JobStageName[] = stageNames.filter(
  (stage) => stage !== 'deploy' && stage !== 'smoke-test',
);

export function isBefore(stage: StageName, other: StageName): boolean {
  return stageNames.indexOf(stage) < stageNames.indexOf(other);
}

/** What a job can be asked to do: the job stages, and the import of a base model. */
export type JobKind = JobStageName | 'import-model';

/** Raised when a stage's meaning changes, so that results of the old meaning are never reused. */
export const stageContractVersion = 1;
