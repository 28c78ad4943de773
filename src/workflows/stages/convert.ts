import type { Artifact } from '../../contracts/artifact.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { RunContext } from './job-stage.ts';
import { runJobStage } from './job-stage.ts';
import { repairable } from './repairable.ts';

/** checkpoint → the runtime's weights. */
export async function convert(run: RunContext, checkpoint: Artifact): Promise<StageRecord> {
  return repairable(run, 'convert', async ({ spec: { runtime } }) =>
    runJobStage(run, {
      stage: 'convert',
      inputs: { checkpoint },
      parameters: { runtime },
      outputKind: 'weights',
      note: () => runtime,
    }),
  );
}
