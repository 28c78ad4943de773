import type { RunStatus } from '../../src/contracts/run-status.ts';
import { stageNames } from '../../src/contracts/stage.ts';

/** The status of a run as it begins, with what a test changes. */
export function runStatus(changes: Partial<RunStatus> = {}): RunStatus {
  return {
    runId: 'glossary-7',
    model: 'glossary',
    target: 'production',
    requester: 'grace',
    phase: 'running',
    fork: null,
    stages: stageNames.map((stage) => ({ stage, state: 'waiting' })),
    version: null,
    attention: null,
    repairs: [],
    approval: null,
    decision: null,
    evaluation: null,
    smoke: null,
    failure: null,
    stopped: null,
    links: {},
    ...changes,
  };
}

/** A run that waits for a release owner. */
export function waitingStatus(changes: Partial<NonNullable<RunStatus['approval']>> = {}): RunStatus {
  const approval = {
    engineDigest: 'sha256:e7',
    target: 'production',
    requester: 'grace',
    fourEyes: false,
    expiresAt: '2026-01-08T00:00:00.000Z',
    ...changes,
  } as const;
  return runStatus({ phase: 'awaiting-approval', approval });
}

/** A run whose training failed and that waits for a repair. */
export function parkedStatus(changes: Partial<NonNullable<RunStatus['attention']>> = {}): RunStatus {
  const attention = {
    stage: 'train',
    failure: { name: 'TrainingDiverged', message: 'loss 80 is above 50', advice: 'Lower the learning rate.' },
    logTail: 'step 1\nstep 2',
    job: 'train-1',
    since: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-08T00:00:00.000Z',
    ...changes,
  } as const;
  return runStatus({ phase: 'needs-attention', attention });
}
