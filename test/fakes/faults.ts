import type { JobStageName } from '../../src/contracts/stage.ts';
import type { Faults } from './fake-world.ts';

/** A job stage whose first so many attempts fail for good. */
export function diverging(times: number, stage: JobStageName = 'train'): Faults {
  const failure = {
    name: 'TrainingDiverged',
    message: 'loss 80 is above 50',
    advice: 'Lower train.learningRate.',
  } as const;
  return {
    jobOutcomes: (request) =>
      request.stage === stage && request.attempt <= times
        ? { kind: 'failed', failure, retryable: false, logTail: 'step 1\nstep 2' }
        : null,
  };
}
