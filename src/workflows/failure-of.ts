import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';

import type { Failure } from '../contracts/failures.ts';
import { failures, isFailureName } from '../contracts/failures.ts';

/** The named failure inside whatever a workflow caught; the one place where workflows look into errors. */
export function failureOf(error: unknown): Failure {
  const root = rootOf(error);
  if (root instanceof ApplicationFailure && typeof root.type === 'string' && isFailureName(root.type)) {
    const { advice = failures[root.type].advice } = toldIn(root);
    const uri = uriIn(root.details?.[0]);
    return { name: root.type, message: root.message, advice, ...(uri === null ? {} : { details: { uri } }) };
  }
  if (root instanceof TimeoutFailure) return timedOut(error, root);
  const message = root instanceof Error ? root.message : String(root);
  return { name: 'Unexpected', message, advice: failures.Unexpected.advice };
}

/** Every attempt that was allowed lost its worker, or took too long. */
function timedOut(error: unknown, timeout: TimeoutFailure): Failure {
  const call = error instanceof ActivityFailure ? error.activityType : 'a workflow';
  const message = `${call} did not answer (${timeout.message}): its worker died, hung or was too slow at every attempt`;
  return { name: 'Unavailable', message, advice: 'Look at the logs of the workers, then start the run again.' };
}

/** The end of the log of the job that failed; empty where no job did. */
export function logTailOf(error: unknown): string {
  const logTail = toldIn(rootOf(error)).details?.['logTail'];
  return typeof logTail === 'string' ? logTail : '';
}

/** What `failWith` and the failure interceptor put into the details. */
function toldIn(root: unknown): Partial<Failure> {
  const [first] = (root instanceof ApplicationFailure ? root.details : null) ?? [];
  return typeof first === 'object' && first !== null ? first : {};
}

/** The artifact or file that a failure is about: in the details of an adapter's error, or in those of a job's failure. */
function uriIn(details: unknown): string | null {
  if (typeof details !== 'object' || details === null) return null;
  if ('uri' in details && typeof details.uri === 'string') return details.uri;
  return 'details' in details ? uriIn(details.details) : null;
}

function rootOf(error: unknown): unknown {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause !== undefined) {
    return rootOf(error.cause);
  }
  return error;
}

/**
 * What a workflow ends with: an activity's or child's failure under its own name and words, so that the Temporal UI and a client read
 * `InvalidSpec: model: …` first and not `Activity task failed`. The way it came stays as the cause; a cancellation stays what it is.
 */
export function outermost(error: unknown): unknown {
  const root = rootOf(error);
  if (root === error || !(root instanceof ApplicationFailure)) return error;
  const { message, details } = root;
  const type = root.type ?? 'Unexpected';
  const cause = error instanceof Error ? { cause: error } : {};
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: details ?? [], ...cause });
}

/** Does what a workflow is for; see {@link outermost} for how it fails. */
export async function namingFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw outermost(error);
  }
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
