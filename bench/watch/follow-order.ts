/** What a follower is told. */
export interface FollowOrder {
  readonly by: 'watch' | 'poll';
  readonly jobs: number;
  readonly kubeconfig: string;
  /** Of the API server, as the follower shall reach it. */
  readonly url: string;
  readonly root: string;
  readonly script: string;
}

/** What a follower tells when all jobs have ended. */
export interface FollowReport {
  readonly idleMib: number;
  readonly memoryMib: number;
  /** From each change that was seen until it was known. */
  readonly lagsMs: readonly number[];
  readonly endedMs: number;
  readonly lost: number;
}

/** Holds the time at which it was written, in milliseconds. */
export const probeAnnotation = 'windlass.dev/bench-probe';

export function jobNameOf(by: FollowOrder['by'], index: number): string {
  return `train-${by}-${index}`;
}
