import type { RunStatus, StageStatus } from '../../../src/contracts/run-status.ts';
import { stageNames } from '../../../src/contracts/stage.ts';

const engine = {
  uri: 'file:///store/artifacts/engine/1',
  digest: 'sha256:3f9c0d1a2b4c5d6e',
  kind: 'engine',
  sizeBytes: 135_000_000,
  fileCount: 9,
} as const;

/** A run as it stands after so many stages. */
export function statusAfter(done: number, change: Partial<RunStatus> = {}): RunStatus {
  const stages = stageNames.map((stage, index): StageStatus => {
    if (index < done)
      return { stage, state: 'done', durationMs: 1000 * (index + 1), artifact: engine, job: `${stage}-1` };
    if (index > done) return { stage, state: 'waiting' };
    return {
      stage,
      state: 'running',
      startedAt: '2026-01-01T00:00:00.000Z',
      note: 'step 40/120 · loss 3.1',
      job: `${stage}-1`,
    };
  });
  return {
    runId: 'glossary-1',
    model: 'glossary',
    target: 'production',
    requester: 'ada',
    phase: 'running',
    fork: null,
    stages,
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
    ...change,
  };
}

export const approval = {
  engineDigest: 'sha256:3f9c',
  target: 'production',
  requester: 'ada',
  fourEyes: true,
  expiresAt: '2026-01-08T00:00:00.000Z',
} as const;

export const attention = {
  stage: 'train',
  failure: { name: 'TrainingDiverged', message: 'loss 80 is above 50', advice: 'Lower the learning rate.' },
  logTail: 'step 1\nstep 2',
  job: 'train-1',
  since: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
} as const;

export const evaluation = {
  verdict: 'pass',
  reasons: ['perplexity 19.8 is under the floor of 60'],
  candidate: { perplexity: 19.812, tokensPerSecond: 91.44, taskPassRate: 1 },
  base: { perplexity: 96.71, tokensPerSecond: null, taskPassRate: 0.5 },
  incumbent: null,
  comparison: null,
} as const;
