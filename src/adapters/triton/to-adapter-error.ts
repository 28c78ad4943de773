import type { FailureName } from '../../contracts/failures.ts';
import { TritonCallError } from '../../protocols/triton/call-error.ts';
import { AdapterError } from '../errors.ts';

interface Reading {
  readonly failure: FailureName;
  readonly advice: string;
}

/**
 * Triton's status codes mislead (a missing secret is UNAVAILABLE, an engine that fails is INVALID_ARGUMENT), so its words come first;
 * read from triton-inference-server/core and server, 24.10.
 */
const readingsByReason: readonly (Reading & { readonly pattern: RegExp })[] = [
  {
    pattern: /protocol is restricted/i,
    failure: 'AccessDenied',
    advice: 'the secret of the model-repository protocol is missing or wrong; check the secret file of the replica',
  },
  {
    pattern: /model load \/ unload is not allowed/i,
    failure: 'AccessDenied',
    advice: 'start the server with --model-control-mode=explicit',
  },
  {
    pattern: /load failed for model|failed to load '|unexpected directory name|invalid config override/i,
    failure: 'EngineRejected',
    advice: 'read the reason, correct the engine or its serving options, and deploy a new version',
  },
  { pattern: /failed to unload/i, failure: 'VerificationFailed', advice: 'the unload is tried again' },
  { pattern: /is not at ready state|server exiting/i, failure: 'Unavailable', advice: 'it is tried again' },
  {
    pattern: /unknown model|has no available versions/i,
    failure: 'NotFound',
    advice: 'check the model name and that a version is deployed on this target',
  },
];

const reachAdvice = 'check that the server runs and can be reached at its address';

const readingsByStatus: Readonly<Record<string, Reading>> = {
  UNAVAILABLE: { failure: 'Unavailable', advice: reachAdvice },
  DEADLINE_EXCEEDED: { failure: 'Unavailable', advice: 'the server is slow or overloaded; it is tried again' },
  CANCELLED: { failure: 'Unavailable', advice: reachAdvice },
  RESOURCE_EXHAUSTED: { failure: 'Unavailable', advice: 'the server is overloaded; it is tried again' },
  UNAUTHENTICATED: { failure: 'AccessDenied', advice: 'check the credentials of the replica' },
  PERMISSION_DENIED: { failure: 'AccessDenied', advice: 'check the credentials of the replica' },
  NOT_FOUND: { failure: 'NotFound', advice: 'check the model name' },
  UNIMPLEMENTED: {
    failure: 'IncompatibleEnvironment',
    advice: 'the server does not offer this call; use Triton 24.09 or newer',
  },
};

const readingsByFileCode: Readonly<Record<string, Reading>> = {
  ENOSPC: { failure: 'StorageFull', advice: 'free disk space' },
  EDQUOT: { failure: 'StorageFull', advice: 'the quota is used up; free space' },
  EACCES: { failure: 'AccessDenied', advice: 'give this user the right to write the model repository' },
  EPERM: { failure: 'AccessDenied', advice: 'give this user the right to write the model repository' },
  EROFS: { failure: 'AccessDenied', advice: 'the model repository is mounted read-only' },
  EXDEV: {
    failure: 'IncompatibleEnvironment',
    advice: 'the model repository and the folder beside it must lie on one file system',
  },
  EMFILE: { failure: 'Unavailable', advice: 'raise the limit of open files' },
};

const unexpected: Reading = { failure: 'Unexpected', advice: 'read the log of the server' };

/** Names an error of Triton or of its repository; `what` is the action and its object ("load glossary on replica a"). */
export function toAdapterError(error: unknown, what: string): AdapterError {
  if (error instanceof AdapterError) return error;
  return error instanceof TritonCallError ? callFailure(error, what) : otherFailure(error, what);
}

function callFailure(error: TritonCallError, what: string): AdapterError {
  const { status, reason } = error;
  const found = readingsByReason.find(({ pattern }) => pattern.test(reason)) ?? readingsByStatus[status] ?? unexpected;
  return new AdapterError(found.failure, `cannot ${what}: ${oneLine(reason)}; ${found.advice}`, {
    system: 'triton',
    cause: error,
    details: { status, reason },
  });
}

function otherFailure(error: unknown, what: string): AdapterError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const { failure, advice } = readingsByFileCode[code] ?? unexpected;
  const reason = error instanceof Error ? error.message : String(error);
  return new AdapterError(failure, `cannot ${what}: ${reason}; ${advice}`, {
    system: 'triton',
    cause: error,
    details: { code },
  });
}

/** Triton's reasons hold the traceback of the model, one line each. */
export function oneLine(reason: string): string {
  return reason
    .split(/\s*\n\s*/)
    .filter((line) => line !== '')
    .join(' ')
    .replace(/\s*;$/, '')
    .trim();
}
