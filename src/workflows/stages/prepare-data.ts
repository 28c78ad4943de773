import type { StageRecord } from '../../contracts/job.ts';
import type { RunContext } from './job-stage.ts';
import { asJson, numberIn, runJobStage } from './job-stage.ts';

/** ingest → clean → tokenize → split: the pinned sources become a data set. */
export async function prepareData(run: RunContext): Promise<StageRecord> {
  const { spec, sources, baseModel } = run.resolved;
  return runJobStage(run, {
    stage: 'prepare-data',
    inputs: baseModel === null ? {} : { base: baseModel },
    parameters: asJson({ ...spec.data, sources }),
    outputKind: 'dataset',
    note: (record) => `${numberIn(record, 'kept')} rows kept, ${numberIn(record, 'rejected')} rejected`,
  });
}
