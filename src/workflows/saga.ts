import { CancellationScope, log } from '@temporalio/workflow';

import { failureOf } from './failure-of.ts';

/**
 * Undo steps of a deployment. Each is registered **before** the step it undoes, so that a step that fails half way is undone too;
 * `unwind` runs them last in, first out, where no cancellation reaches, and goes on past one that fails. A step that is refused by its
 * fencing token is nobody's burden: whoever has the target now began by bringing it back.
 */
export interface Saga {
  beforeStep(name: string, undo: () => Promise<unknown>): void;
  /** Nothing is undone any more: what was done stands. */
  commit(): void;
  /** What could not be undone, in words; empty: everything is as it was. */
  unwind(): Promise<readonly string[]>;
}

interface UndoStep {
  readonly name: string;
  readonly undo: () => Promise<unknown>;
}

export function createSaga(): Saga {
  const steps: UndoStep[] = [];
  return {
    beforeStep: (name, undo) => void steps.push({ name, undo }),
    commit: () => void steps.splice(0),
    unwind: async () => CancellationScope.nonCancellable(async () => unwindSteps(steps)),
  };
}

async function unwindSteps(steps: UndoStep[]): Promise<string[]> {
  const left: string[] = [];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      await step.undo();
    } catch (error) {
      if (failureOf(error).name === 'StaleFence') continue;
      left.push(`${step.name}: ${failureOf(error).message}`);
      log.error('an undo step failed; a person must look at the target', { step: step.name, error: failureOf(error) });
    }
  }
  return left;
}
