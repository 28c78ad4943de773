import { status } from '@grpc/grpc-js';
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { AdapterError } from '../adapters/errors.ts';
import { isFailureName } from '../contracts/failures.ts';
import { isQueryAhead } from '../contracts/query-ahead.ts';

export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === status.NOT_FOUND);
}

/** Errors of the Temporal client get the names of the failure table. */
export async function withNames<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw namedFailure(error);
  }
}

/** What the target refused has its own name; a server that does not answer is waited for. */
export function namedFailure(error: unknown): unknown {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && typeof cause.type === 'string' && isFailureName(cause.type)) {
    return new AdapterError(cause.type, cause.message, { system: 'temporal', cause: error });
  }
  if (!isOutage(error)) return error;
  return new AdapterError('Unavailable', `Temporal does not answer: ${error.message}`, {
    system: 'temporal',
    cause: error,
  });
}

function isOutage(error: unknown): error is Error {
  const kinds = [ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError];
  return kinds.some((kind) => error instanceof kind) || isGrpcServiceError(error) || isQueryAhead(error);
}
