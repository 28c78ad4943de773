import { ApplicationFailure } from '@temporalio/activity';

import { withChange } from '../../src/adapters/platform/merge-input.ts';
import type { AmendRun } from '../../src/activities/resolve-run.ts';
import type { ForkInput } from '../../src/contracts/fork.ts';
import type { SpecChange } from '../../src/contracts/repair.ts';
import type { ResolvedRun, RunSpec } from '../../src/contracts/run-spec.ts';

/** Stored specs in memory, numbered in the order they were made. */
export interface FakeSpecs {
  keep(runId: string, spec: RunSpec): ResolvedRun;
  /** As of a run whose code of jobs was another one. */
  fork(runId: string, input: ForkInput): ResolvedRun;
  /** Refuses a learning rate above 1, as the real check does; knows no other rule. */
  amend(runId: string, resolved: AmendRun['resolved'], change: SpecChange): ResolvedRun;
}

export function createFakeSpecs(): FakeSpecs {
  const kept = new Map<string, RunSpec>();
  const newest = new Map<string, ResolvedRun>();
  const keep = (runId: string, spec: RunSpec): ResolvedRun => {
    const specUri = `file:///store/runs/${runId}/spec-${kept.size + 1}.json`;
    kept.set(specUri, spec);
    const resolved: ResolvedRun = {
      spec,
      specUri,
      specDigest: `sha256:5bec-${kept.size}`,
      sources: [],
      baseModel: null,
      jobsDigest: 'sha256:c0de',
      olderJobsDigests: [],
      fork: null,
      links: { temporal: null },
    };
    newest.set(runId, resolved);
    return resolved;
  };
  const forkOf: FakeSpecs['fork'] = (runId, { fork: { run, from, set = {} }, requester = 'unknown' }) => {
    const origin = newest.get(run);
    if (origin === undefined) throw ApplicationFailure.nonRetryable(`fork.run: found "${run}"`, 'InvalidSpec');
    const spec = withChange({ ...origin.spec, requester }, set) as unknown as RunSpec;
    return { ...keep(runId, spec), fork: { run, from }, olderJobsDigests: ['sha256:01d', origin.jobsDigest] };
  };
  return {
    keep,
    fork: forkOf,
    amend: (runId, { specUri, fork, jobsDigest, olderJobsDigests }, change) => {
      const amended = withChange({ ...kept.get(specUri) }, change) as unknown as RunSpec;
      if (amended.train.learningRate <= 1) return { ...keep(runId, amended), fork, jobsDigest, olderJobsDigests };
      const message = `train.learningRate: found ${amended.train.learningRate} (number); expected a number from 1e-9 to 1`;
      throw ApplicationFailure.nonRetryable(message, 'InvalidSpec');
    },
  };
}
