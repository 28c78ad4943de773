import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/common';

import type { FailureName } from '../contracts/failures.ts';
import { failures, isFailureName } from '../contracts/failures.ts';
import { isQueryAhead } from '../contracts/query-ahead.ts';
import { PayloadKeyError } from '../protocols/temporal/payload-keys.ts';

/** Failures that only a caller sees: how a run was ended from outside, and a server that does not answer. */
const callerFailures = {
  RunCancelled: 'Start the run again; finished stages are reused.',
  RunTerminated: 'Somebody ended the run by force: check that its target is as it should be, then start it again.',
  RunParked: 'Repair the stage that failed with "windlass retry", or cancel the run; it waits.',
  ServerUnreachable: 'Start the servers with "windlass up", or check the address; "windlass doctor" says more.',
} as const;

export type WindlassFailureName = FailureName | keyof typeof callerFailures;

/** A wrong field of a run input. */
export interface InputIssue {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** What every method of the client throws. `failure` is stable and made to be branched on; `advice` says what to do. */
export class WindlassError extends Error {
  override readonly name = 'WindlassError';
  readonly failure: WindlassFailureName;
  readonly advice: string;
  /** For `InvalidSpec`: every wrong field of the input. */
  readonly issues: readonly InputIssue[];

  constructor(failure: WindlassFailureName, message: string, options: WindlassErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.failure = failure;
    this.advice = options.advice ?? adviceOf(failure);
    this.issues = options.issues ?? [];
  }
}

export interface WindlassErrorOptions {
  readonly cause?: unknown;
  readonly advice?: string;
  readonly issues?: readonly InputIssue[];
}

/** The one place where errors of the Temporal client get their Windlass name. `subject`: what was asked for, such as `run glossary-…`. */
export function toWindlassError(error: unknown, subject: string): WindlassError {
  if (error instanceof WindlassError) return error;
  return namedFailure(error) ?? keyError(error) ?? endedFromOutside(error, subject) ?? refusedCall(error, subject);
}

/** Payload keys that are wrong, missing or not readable; null: it is another error. */
export function keyError(error: unknown): WindlassError | null {
  const found = causes(error).find((cause) => cause instanceof PayloadKeyError);
  if (found === undefined) return null;
  const advice = 'Give this program the payload keys that the workers have.';
  return new WindlassError('AccessDenied', found.message, { cause: error, advice });
}

function adviceOf(failure: WindlassFailureName): string {
  return isFailureName(failure) ? failures[failure].advice : callerFailures[failure];
}

function namedFailure(error: unknown): WindlassError | null {
  for (const cause of causes(error)) {
    if (cause instanceof ApplicationFailure && typeof cause.type === 'string' && isFailureName(cause.type)) {
      return new WindlassError(cause.type, cause.message, { cause: error, issues: issuesIn(cause.details) });
    }
  }
  return null;
}

function endedFromOutside(error: unknown, subject: string): WindlassError | null {
  for (const cause of causes(error)) {
    if (cause instanceof CancelledFailure) {
      return new WindlassError('RunCancelled', `${subject} was cancelled`, { cause: error });
    }
    if (cause instanceof TerminatedFailure) {
      return new WindlassError('RunTerminated', `${subject} was terminated`, { cause: error });
    }
  }
  return null;
}

function refusedCall(error: unknown, subject: string): WindlassError {
  if (error instanceof WorkflowNotFoundError) {
    return new WindlassError('NotFound', `there is no ${subject}`, { cause: error });
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new WindlassError('Conflict', `${subject} exists already: choose another id`, { cause: error });
  }
  if (isQueryAhead(error)) return noAnswer(error, subject);
  if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) {
    return new WindlassError('NotFound', `${subject} does not answer this question: it is of another kind`, {
      cause: error,
    });
  }
  if (error instanceof WorkflowFailedError) {
    return new WindlassError('Unexpected', `${subject} failed: ${lastMessage(error)}`, { cause: error });
  }
  return unreachable(error, subject);
}

const unreachableCodes: ReadonlySet<number> = new Set([4, 14]);
const deniedCodes: ReadonlySet<number> = new Set([7, 16]);

function unreachable(error: unknown, subject: string): WindlassError {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return noAnswer(error, subject);
  const service = causes(error).find(isGrpcServiceError);
  if (service !== undefined && unreachableCodes.has(service.code)) return noAnswer(error, subject);
  if (service !== undefined && deniedCodes.has(service.code)) {
    return new WindlassError('AccessDenied', `Temporal refused the call about ${subject}: ${service.details}`, {
      cause: error,
    });
  }
  return new WindlassError('Unexpected', `${subject}: ${lastMessage(error)}`, { cause: error });
}

function noAnswer(error: unknown, subject: string): WindlassError {
  const message = `no answer about ${subject}: Temporal or its workers cannot be reached`;
  return new WindlassError('ServerUnreachable', message, { cause: error });
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 20; cause = cause.cause) chain.push(cause);
  return chain.length === 0 ? [error] : chain;
}

function lastMessage(error: unknown): string {
  const deepest = causes(error).at(-1);
  return deepest instanceof Error ? deepest.message : String(deepest);
}

function issuesIn(details: readonly unknown[] | null | undefined): readonly InputIssue[] {
  const [first] = details ?? [];
  if (typeof first !== 'object' || first === null || !('issues' in first) || !Array.isArray(first.issues)) return [];
  return first.issues.filter(isInputIssue);
}

function isInputIssue(value: unknown): value is InputIssue {
  const fields = ['path', 'found', 'expected'];
  return (
    typeof value === 'object' &&
    value !== null &&
    fields.every((field) => typeof Reflect.get(value, field) === 'string')
  );
}
