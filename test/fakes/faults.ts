import type { JobOutcome, JobRequest } from '../../src/contracts/job.ts';
import type { JobStageName } from '../../src/contracts/stage.ts';
import type { Faults } from './fake-world.ts';
import { artifactOf } from './fake-world.ts';

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

/** The first `convert` job finds other bytes in the checkpoint than were committed. */
export function convertFindsDamage({ stage, attempt }: JobRequest): JobOutcome | null {
  if (stage !== 'convert' || attempt > 1) return null;
  const { uri } = artifactOf('train');
  const failure = { name: 'CorruptArtifact', message: `artifact ${uri}: other bytes`, details: { uri } } as const;
  return { kind: 'failed', failure, retryable: false, logTail: '' };
}

export function jobFails(name: 'InvalidData' | 'JobCrashed'): NonNullable<Faults['jobOutcomes']> {
  const failure = { name, message: 'rows.jsonl row 17' } as const;
  return () => ({ kind: 'failed', failure, retryable: name === 'JobCrashed', logTail: 'the end of the log' });
}

export function trainFails(name: 'InvalidData' | 'JobCrashed', times: number): NonNullable<Faults['jobOutcomes']> {
  return (request) => (request.stage === 'train' && request.attempt <= times ? jobFails(name)(request) : null);
}
