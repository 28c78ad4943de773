import { proxyActivities } from '@temporalio/workflow';

import type { BareActivities } from './bare-activities.ts';

const stages = 7;

const { noOp } = proxyActivities<BareActivities>({ startToCloseTimeout: '1m' });

/** What the Temporal SDK needs for seven steps in a row that do nothing. */
export async function bareWorkflow(): Promise<number> {
  let last = 0;
  for (let stage = 1; stage <= stages; stage += 1) last = await noOp(stage);
  return last;
}
