import type { SpecChange } from './repair.ts';
import type { StageName } from './stage.ts';

/** A run input that begins where another run stood before a stage: `{"fork":{"run":"glossary-…","from":"train"},"requester":"ada"}`. */
export interface ForkInput {
  readonly fork: {
    readonly run: string;
    readonly from: StageName;
    /** Fields of `from` and of what comes after it. */
    readonly set?: SpecChange;
  };
  readonly requester?: string;
}

/** By its form alone; what is in it is checked with the rest. */
export function isForkInput(input: unknown): input is ForkInput {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'fork');
}

/** Where a forked run comes from. */
export interface ForkOrigin {
  readonly run: string;
  readonly from: StageName;
}

/** What a run leaves in its memo, for forks and for people: it stays when the run has ended, however that was. */
export interface RunMemo {
  /** URI of the spec that the run works with, or worked with last. */
  readonly spec: string;
  readonly specDigest: string;
  /** Digests of the job code behind its results, the newest first. */
  readonly jobsDigests: readonly string[];
}
