import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { JobKind } from '../../contracts/stage.ts';
import { stageLabel } from './job-metadata.ts';
import { profileOf } from './job-spec.ts';
import type { ObservedJob } from './observed.ts';

/** How long a job may wait, in seconds; null: for ever. */
export interface WaitLimits {
  /** For room: quota, admission by its queue, a node. */
  readonly queueSeconds: number | null;
  /** For its container, once it has a node. */
  readonly startSeconds: number | null;
}

/** By the platform as it is now, not as it was when the Job was made: a limit that is raised counts for jobs that wait. */
export type LimitsOf = (job: ObservedJob | null) => WaitLimits;

const unlimited: WaitLimits = { queueSeconds: null, startSeconds: null };

/** For who looks and decides nothing: a job that was not given up still waits. */
export const noLimits: LimitsOf = () => unlimited;

export function createLimitsOf(platform: KubernetesJobsPlatform): LimitsOf {
  return (job) => {
    if (job === null) return unlimited;
    const { queueSeconds, startSeconds } = profileOf(platform, job.metadata.labels[stageLabel] as JobKind);
    return { queueSeconds, startSeconds };
  };
}
