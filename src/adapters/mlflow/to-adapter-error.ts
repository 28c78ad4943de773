import type { FailureName } from '../../contracts/failures.ts';
import { AdapterError } from '../errors.ts';

/** MLflow names its errors; the HTTP status alone does not tell a missing alias (400) from a wrong value. */
const failureByErrorCode: Readonly<Record<string, FailureName>> = {
  RESOURCE_DOES_NOT_EXIST: 'NotFound',
  RESOURCE_ALREADY_EXISTS: 'Conflict',
  RESOURCE_CONFLICT: 'Conflict',
  INVALID_PARAMETER_VALUE: 'InvalidConfig',
  INVALID_STATE: 'InvalidConfig',
  PERMISSION_DENIED: 'AccessDenied',
  UNAUTHENTICATED: 'AccessDenied',
  CUSTOMER_UNAUTHORIZED: 'AccessDenied',
  TEMPORARILY_UNAVAILABLE: 'Unavailable',
  REQUEST_LIMIT_EXCEEDED: 'Unavailable',
  INTERNAL_ERROR: 'Unavailable',
  /** Its name for what the database refused: a lost race, no connection left. */
  BAD_REQUEST: 'Unavailable',
};

const maxReasonChars = 300;

export interface MlflowRefusal {
  /** Method, path and server. */
  readonly request: string;
  readonly status: number;
  /** Empty where the answer is not MLflow's, such as a proxy's. */
  readonly errorCode: string;
  readonly reason: string;
}

/** An answer other than 2xx as a named failure; `details.errorCode` holds MLflow's own name of it. */
export function refusalToAdapterError(refusal: MlflowRefusal): AdapterError {
  const { request, status, errorCode, reason } = refusal;
  const said = reason.length > maxReasonChars ? `${reason.slice(0, maxReasonChars)}…` : reason;
  const message = `${request} answered ${status}${errorCode === '' ? '' : ` ${errorCode}`}: ${said}`;
  const failure = failureByErrorCode[errorCode] ?? failureByStatus(status);
  return new AdapterError(failure, message, { system: 'mlflow', details: { status, errorCode } });
}

/** No answer, or none in time. */
export function toAdapterError(error: unknown, request: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const message = `${request} failed: ${reasonOf(error)}; check that MLflow runs and its URL is right`;
  return new AdapterError('Unavailable', message, { system: 'mlflow', cause: error });
}

/** MLflow's own name of the failure; undefined for any other error. */
export function mlflowErrorCode(error: unknown): string | undefined {
  if (!(error instanceof AdapterError) || error.system !== 'mlflow') return undefined;
  const code = error.details['errorCode'];
  return typeof code === 'string' ? code : undefined;
}

function failureByStatus(status: number): FailureName {
  if (status === 401 || status === 403) return 'AccessDenied';
  if (status === 429 || status >= 500) return 'Unavailable';
  return status === 404 ? 'NotFound' : 'Unexpected';
}

/** `fetch` hides the reason of the socket in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
