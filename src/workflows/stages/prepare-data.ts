import type { StageRecord } from '../../contracts/job.ts';
import type { RunContext } from './job-stage.ts';
import { asJson, figure, isJsonObject, runJobStage } from './job-stage.ts';
import { repairable } from './repairable.ts';

/** ingest → clean → tokenize → split: the pinned sources become a data set. */
export async function prepareData(run: RunContext): Promise<StageRecord> {
  return repairable(run, 'prepare-data', async ({ spec, sources, baseModel }) =>
    runJobStage(run, {
      stage: 'prepare-data',
      inputs: baseModel === null ? {} : { base: baseModel },
      parameters: asJson({ ...spec.data, sources }),
      outputKind: 'dataset',
      note: (record) =>
        `${figure(record, 'steps.select')} of ${figure(record, 'steps.ingest')} rows, ${rejected(record)} rejected`,
    }),
  );
}

function rejected(record: StageRecord): number {
  const reasons = record.summary['rejected'];
  if (!isJsonObject(reasons)) return 0;
  return Object.values(reasons).reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
}
