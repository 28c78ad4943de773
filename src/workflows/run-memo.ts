import type { RunMemo } from '../contracts/fork.ts';
import type { ResolvedRun } from '../contracts/run-spec.ts';

/** What forks and people find of a run, also when it has ended by force. */
export function memoOf({
  specUri,
  specDigest,
  jobsDigest,
  olderJobsDigests,
}: ResolvedRun): RunMemo & Record<string, unknown> {
  return { spec: specUri, specDigest, jobsDigests: [jobsDigest, ...olderJobsDigests] };
}
