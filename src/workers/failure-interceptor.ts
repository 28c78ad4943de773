import type { ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import type { ApplicationFailureOptions } from '@temporalio/common';
import { ApplicationFailureCategory, CancelledFailure, TemporalFailure } from '@temporalio/common';

import { AdapterError } from '../adapters/errors.ts';
import type { FailureName } from '../contracts/failures.ts';
import { isFailureName, isRetryable } from '../contracts/failures.ts';
import type { Metrics } from '../ports/metrics.ts';
import { unmeasured } from '../ports/metrics.ts';

/** An error nobody has named is most likely ours: tried again a few times, then shown instead of being retried for ever. */
const maxUnnamedAttempts = 5;

/** The one place where errors of adapters become failures that workflows understand. */
export function createFailureInterceptor(metrics: Metrics = unmeasured): ActivityInboundCallsInterceptor {
  return {
    execute: async (input, next: Next<ActivityInboundCallsInterceptor, 'execute'>) => {
      try {
        return await next(input);
      } catch (error) {
        const { attempt, activityType: activity } = activityInfo();
        const thrown = activityFailure(error, attempt);
        const failure = countedName(thrown);
        if (failure !== null) metrics.count('windlass_failures_total', { activity, failure });
        throw thrown;
      }
    },
  };
}

export function activityFailure(error: unknown, attempt: number): unknown {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof AdapterError) return adapterFailure(error);
  if (!(error instanceof Error) || error.name === 'AbortError' || attempt < maxUnnamedAttempts) return error;
  return ApplicationFailure.create({ type: 'Unexpected', message: error.message, nonRetryable: true, cause: error });
}

/** Null: nothing went wrong. */
function countedName(thrown: unknown): FailureName | null {
  if (thrown instanceof CancelledFailure || (thrown instanceof Error && thrown.name === 'AbortError')) return null;
  if (!(thrown instanceof ApplicationFailure)) return 'Unexpected';
  if (thrown.category === ApplicationFailureCategory.BENIGN) return null;
  return isFailureName(thrown.type ?? '') ? (thrown.type as FailureName) : 'Unexpected';
}

function adapterFailure(error: AdapterError): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.failure,
    message: error.message,
    nonRetryable: !isRetryable(error.failure),
    details: [{ system: error.system, ...error.details }],
    ...(error.retryAfterMs === undefined ? {} : waitingFor(error.retryAfterMs)),
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  });
}

/** Nothing went wrong: it is not counted as a failure, and not logged as one. */
function waitingFor(retryAfterMs: number): Pick<ApplicationFailureOptions, 'category' | 'nextRetryDelay'> {
  return { category: ApplicationFailureCategory.BENIGN, nextRetryDelay: retryAfterMs };
}
