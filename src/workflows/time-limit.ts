import { CancellationScope } from '@temporalio/workflow';

import type { StageName } from '../contracts/stage.ts';
import { failWith, isCancelled } from './failure-of.ts';

export interface TimeLimit {
  readonly stage: StageName;
  /** Null: no bound. */
  readonly seconds: number | null;
}

/**
 * Work that may take so long; then it is cancelled, waited for, and fails with `StageTimedOut`. A cancellation from outside stays one.
 */
export async function withinTime<Result>({ stage, seconds }: TimeLimit, work: () => Promise<Result>): Promise<Result> {
  if (seconds === null) return work();
  const around = CancellationScope.current();
  const scope = new CancellationScope({ cancellable: true, timeout: `${seconds}s` });
  try {
    return await scope.run(work);
  } catch (error) {
    if (!isCancelled(error) || around.consideredCancelled) throw error;
    throw failWith({ name: 'StageTimedOut', message: timeoutMessage(stage, seconds) });
  }
}

function timeoutMessage(stage: StageName, seconds: number): string {
  return `${stage} took longer than ${seconds} s, which timeouts.${stage} allows; it was stopped`;
}
