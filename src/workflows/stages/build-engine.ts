import type { Artifact } from '../../contracts/artifact.ts';
import type { StageRecord } from '../../contracts/job.ts';
import type { RunContext } from './job-stage.ts';
import { asJson, runJobStage } from './job-stage.ts';
import { repairable } from './repairable.ts';

/** weights → engine, checked against the checkpoint on held-out text. */
export async function buildEngine(
  run: RunContext,
  from: { readonly weights: Artifact; readonly checkpoint: Artifact; readonly dataset: Artifact },
): Promise<StageRecord> {
  return repairable(run, 'build-engine', async ({ spec: { runtime, build } }) =>
    runJobStage(run, {
      stage: 'build-engine',
      inputs: from,
      parameters: asJson({ runtime, ...build }),
      outputKind: 'engine',
      note: () => `${runtime} ${build.quantization}`,
    }),
  );
}
