import type { EndedJob, JobOutcome } from '../contracts/job.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import { judgeJob } from './job-verdict.ts';
import { releaseClaim } from './stage-claims.ts';

/**
 * The verdict over an attempt. Success ends the claim, after the record was kept: whoever waits finds the record first, and nobody does
 * the work again between the two.
 */
export async function settleJob(artifacts: ArtifactStore, job: EndedJob): Promise<JobOutcome> {
  const outcome = await judgeJob(artifacts, job);
  const { stageKey, claim: generation } = job;
  if (outcome.kind === 'failed' || generation === undefined) return outcome;
  const sharedWith = await releaseClaim(artifacts.objects, { stageKey, generation });
  return sharedWith.length === 0 ? outcome : { ...outcome, sharedWith };
}
