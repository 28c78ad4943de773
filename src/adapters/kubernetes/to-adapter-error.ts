import { z } from 'zod';
import type { FailureName } from '../../contracts/failures.ts';
import { AdapterError } from '../errors.ts';

const maxReasonChars = 400;

/** The API server's own words for what it refuses. */
const statusSchema = z.object({ reason: z.string().default(''), message: z.string().default('') });

const failureByStatus: Readonly<Record<number, FailureName>> = {
  400: 'InvalidConfig',
  403: 'AccessDenied',
  404: 'NotFound',
  409: 'Conflict',
  422: 'InvalidConfig',
};

export interface ApiRefusal {
  /** Method, path and server. */
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

/** An answer other than 2xx as a named failure; `details.status` holds its HTTP status. */
export function refusalToAdapterError({ request, status, body }: ApiRefusal): AdapterError {
  const said = parseStatus(body);
  const message = `${request} answered ${status} ${said.reason}: ${said.message.slice(0, maxReasonChars)}`;
  const isPassing = isOverQuota(status, said.message) || isUnderRole(status, said.message);
  const failure = isPassing ? 'Unavailable' : (failureByStatus[status] ?? 'Unavailable');
  return new AdapterError(failure, message, { system: 'jobs', details: { status, reason: said.reason } });
}

/** No answer, or none in time. */
export function toAdapterError(error: unknown, request: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${request} failed: ${reason}; check that the API server can be reached`;
  return new AdapterError('Unavailable', message, { system: 'jobs', cause: error });
}

/** The HTTP status with which the API server refused; undefined for any other error. */
export function refusedStatus(error: unknown): number | undefined {
  const status = error instanceof AdapterError && error.system === 'jobs' ? error.details['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** A quota of Jobs: others give room back. */
function isOverQuota(status: number, message: string): boolean {
  return status === 403 && message.includes('exceeded quota');
}

/**
 * What the worker may do was asked at its start. A server that has just been started knows neither tokens nor roles for some seconds, and
 * a right that somebody took away is there again when somebody gives it back.
 */
function isUnderRole(status: number, message: string): boolean {
  return status === 401 || (status === 403 && /User ".*" cannot \w+ resource/.test(message));
}

function parseStatus(body: string): z.infer<typeof statusSchema> {
  try {
    return statusSchema.parse(JSON.parse(body));
  } catch {
    return { reason: '', message: body };
  }
}
