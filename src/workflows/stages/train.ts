import type { Artifact } from '../../contracts/artifact.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { RunContext } from './job-stage.ts';
import { asJson, figure, runJobStage } from './job-stage.ts';
import { repairable } from './repairable.ts';

/** base model + data → checkpoint (LoRA merged, full, from scratch, or the base as it is). */
export async function train(run: RunContext, dataset: Artifact): Promise<StageRecord> {
  return repairable(run, 'train', async ({ spec, baseModel }) =>
    runJobStage(run, {
      stage: 'train',
      inputs: { dataset, ...(baseModel === null ? {} : { base: baseModel }) },
      parameters: asJson(spec.train),
      outputKind: 'checkpoint',
      note: (record) =>
        spec.train.method === 'none'
          ? 'the base model as it is'
          : `validation loss ${figure(record, 'validationLoss.first')} → ${figure(record, 'validationLoss.last')}`,
    }),
  );
}
