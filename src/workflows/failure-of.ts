import { ActivityFailure, ApplicationFailure, CancelledFailure, ChildWorkflowFailure } from '@temporalio/workflow';

import type { Failure } from '../contracts/failures.ts';
import { failures, isFailureName } from '../contracts/failures.ts';

/** The named failure inside whatever a workflow caught; the one place where workflows look into errors. */
export function failureOf(error: unknown): Failure {
  const root = rootOf(error);
  if (root instanceof ApplicationFailure && typeof root.type === 'string' && isFailureName(root.type)) {
    return { name: root.type, message: root.message, advice: failures[root.type].advice };
  }
  const message = root instanceof Error ? root.message : String(root);
  return { name: 'Unexpected', message, advice: failures.Unexpected.advice };
}

function rootOf(error: unknown): unknown {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause !== undefined) {
    return rootOf(error.cause);
  }
  return error;
}

/** Ends the workflow with a named failure that is not retried. */
export function failWith(failure: Failure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.name,
    message: failure.message,
    nonRetryable: true,
    details: [failure],
  });
}

export function isCancelled(error: unknown): boolean {
  return rootOf(error) instanceof CancelledFailure;
}
