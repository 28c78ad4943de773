import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** The named failure that a failed workflow's result tells; an unnamed one has the name of its class. */
export function failureOfResult(error: unknown): { readonly name: string; readonly message: string } {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const root = rootOf(error.cause);
  const name = root instanceof ApplicationFailure && typeof root.type === 'string' ? root.type : nameOf(root);
  return { name, message: root instanceof Error ? root.message : String(root) };
}

/** Failures of activities stand around the one that says what happened. */
function rootOf(error: unknown): unknown {
  if (error instanceof ApplicationFailure || !(error instanceof Error) || error.cause === undefined) return error;
  return rootOf(error.cause);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
