import type { Lease } from '../contracts/serving.ts';

/** Changes that one lease has tokens for; a deployment needs a dozen. */
const changesPerLease = 1000;

/**
 * Fencing tokens of one lease: each change of the target takes the next one. So a late call of an earlier step (its worker was frozen
 * until a later attempt had succeeded) is refused as well as one of an earlier lease; a retried activity keeps its token.
 */
export type Fence = () => number;

export function createFence({ token }: Pick<Lease, 'token'>): Fence {
  let changes = 0;
  return () => token * changesPerLease + Math.min(changes++, changesPerLease - 1);
}
