import type { Digest } from './artifact.ts';

/** A person's or a service's word on a release; it is bound to the engine that was evaluated. */
export interface Decision {
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly comment?: string;
  /** Digest of the engine the decision is about; a decision about another engine is refused. */
  readonly engineDigest: Digest;
}

/** What a run that waits for a decision shows. */
export interface ApprovalRequest {
  readonly engineDigest: Digest;
  readonly target: string;
  readonly requester: string;
  readonly fourEyes: boolean;
  /** ISO 8601. */
  readonly expiresAt: string;
}

export interface ApprovalRecord extends Decision {
  /** ISO 8601. */
  readonly at: string;
}
