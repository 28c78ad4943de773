import { AdapterError } from '../errors.ts';
import type { FileFailure } from '../file-failures.ts';
import { codeOf, fileFailures } from '../file-failures.ts';

const checkCredentials: FileFailure = {
  failure: 'AccessDenied',
  advice: 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the rights of the bucket',
};
const unreachable: FileFailure = {
  failure: 'Unavailable',
  advice: 'the store does not answer; check AWS_ENDPOINT_URL and the network',
};
const full: FileFailure = { failure: 'StorageFull', advice: 'free space and try again' };

const readingsByName: Readonly<Record<string, FileFailure>> = {
  NoSuchBucket: { failure: 'NotFound', advice: 'the bucket does not exist; create it or correct the uri' },
  NoSuchKey: { failure: 'NotFound', advice: 'there is no such object' },
  NotFound: { failure: 'NotFound', advice: 'there is no such object or bucket' },
  InvalidAccessKeyId: checkCredentials,
  SignatureDoesNotMatch: checkCredentials,
  AccessDenied: checkCredentials,
  ExpiredToken: checkCredentials,
  CredentialsProviderError: checkCredentials,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  ConditionalRequestConflict: { failure: 'Conflict', advice: 'another writer is at work on it; try again' },
  PreconditionFailed: { failure: 'Conflict', advice: 'another writer was faster' },
  BadDigest: { failure: 'Unavailable', advice: 'the bytes were changed on their way; try again' },
  TimeoutError: unreachable,
  IncompleteBody: unreachable,
};

const readingsByStatus: Readonly<Record<number, FileFailure>> = {
  401: checkCredentials,
  403: checkCredentials,
  404: { failure: 'NotFound', advice: 'there is no such object or bucket' },
  408: unreachable,
  409: { failure: 'Conflict', advice: 'another writer is at work on it; try again' },
  412: { failure: 'Conflict', advice: 'another writer was faster' },
  429: unreachable,
  507: full,
};

const networkCodes =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_PREMATURE_CLOSE)$/u;

/** Names an error of the SDK, the network or the local disk; `what` is the action and its object ("read s3://…"). */
export function toAdapterError(error: unknown, what: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const { name, code, status } = factsOf(error);
  const reading = readingOf(error);
  const shown = [code, name, status].find((fact) => fact !== undefined && fact !== '' && fact !== 'Error') ?? 'no code';
  const advice = reading?.advice ?? String(error);
  return new AdapterError(reading?.failure ?? 'Unexpected', `cannot ${what} (${shown}): ${advice}`, {
    system: 'store',
    cause: error,
    details: { code: String(shown), ...(status === undefined ? {} : { status }) },
  });
}

/** True when the error has one of these names (`NoSuchUpload`, …) or HTTP states. */
export function isS3Error(error: unknown, ...marks: readonly (string | number)[]): boolean {
  const { name, status } = factsOf(error);
  return marks.some((mark) => mark === name || mark === status);
}

/** True for what may go away by itself: network failures, timeouts, 5xx, throttling. */
export function isTransient(error: unknown): boolean {
  return readingOf(error)?.failure === 'Unavailable';
}

function readingOf(error: unknown): FileFailure | undefined {
  const { name, code, status } = factsOf(error);
  if (networkCodes.test(code)) return unreachable;
  const byName = readingsByName[name] ?? fileFailures[code];
  if (byName !== undefined) return byName;
  if (status === undefined) return undefined;
  return readingsByStatus[status] ?? (status >= 500 ? unreachable : undefined);
}

interface ErrorFacts {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
}

function factsOf(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { name: '', code: '', status: undefined };
  const { $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, code: codeOf(error), status: $metadata?.httpStatusCode };
}
