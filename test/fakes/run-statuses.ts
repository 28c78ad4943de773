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
    stages: stageNames.map((stage) => ({ stage, state: 'waiting' })),
    version: null,
    approval: null,
    decision: null,
    evaluation: null,
    smoke: null,
    failure: null,
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
