import { control } from './activity-profiles.ts';
import type { DamagedStage } from './stages/damage.ts';
import { damagedStage } from './stages/damage.ts';
import type { RunContext } from './stages/job-stage.ts';

/**
 * Tells the story of a run. Where it fails on an artifact that one of its stages has made or taken, that stage's record is discarded and
 * the story is told again from the top: what stands is not done again, what was discarded is rebuilt elsewhere, to the same digest
 * where the work is deterministic.
 */
export async function mendingDamage<Result>(run: RunContext, story: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await story();
    } catch (error) {
      const damaged = damagedStage(run, error);
      if (damaged === null) throw error;
      await discard(run, damaged);
    }
  }
}

async function discard({ state, made }: RunContext, { stage, record }: DamagedStage): Promise<void> {
  const { stageKey, artifact } = record;
  await control.discardRecord({ stageKey, artifactUri: artifact.uri });
  made.discard(stage);
  const stages = state.status.stages.map((shown) => {
    if (shown.stage === stage) return { ...shown, state: 'waiting' as const, note: 'its artifact is damaged' };
    const isInterrupted = shown.state === 'running' || shown.state === 'failed';
    return isInterrupted ? { ...shown, state: 'waiting' as const, note: `waits for ${stage} to be rebuilt` } : shown;
  });
  state.change({ phase: 'running', stages });
}
