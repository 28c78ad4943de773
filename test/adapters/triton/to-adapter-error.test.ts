import { expect, test } from 'vitest';
import { AdapterError } from '../../../src/adapters/errors.ts';
import { toAdapterError } from '../../../src/adapters/triton/to-adapter-error.ts';
import type { CallStatus } from '../../../src/protocols/triton/call-error.ts';
import { TritonCallError } from '../../../src/protocols/triton/call-error.ts';

/** Texts as Triton 24.10 sends them. */
const calls: readonly (readonly [CallStatus, string, string])[] = [
  ['UNAVAILABLE', "This protocol is restricted, expecting header 'triton-grpc-protocol-windlass'", 'AccessDenied'],
  ['UNAVAILABLE', 'explicit model load / unload is not allowed if polling is enabled', 'AccessDenied'],
  [
    'INVALID_ARGUMENT',
    "load failed for model 'm': version 3 is at UNAVAILABLE state: Internal: RuntimeError: bad engine;",
    'EngineRejected',
  ],
  ['INTERNAL', "failed to load 'm', failed to poll from model repository", 'EngineRejected'],
  ['INTERNAL', "failed to unload 'm', versions that are still available: 1", 'VerificationFailed'],
  ['NOT_FOUND', "Request for unknown model: 'm' is not found", 'NotFound'],
  ['IN_STREAM', "Request for unknown model: 'm' has no available versions", 'NotFound'],
  ['UNAVAILABLE', "Request for unknown model: 'm' version 2 is not at ready state", 'Unavailable'],
  ['UNAVAILABLE', 'Server exiting', 'Unavailable'],
  ['UNAVAILABLE', 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1', 'Unavailable'],
  ['DEADLINE_EXCEEDED', 'Deadline exceeded after 10.0s', 'Unavailable'],
  [
    'UNIMPLEMENTED',
    "ModelInfer RPC doesn't support models with decoupled transaction policy",
    'IncompatibleEnvironment',
  ],
  ['INTERNAL', 'something new', 'Unexpected'],
];

test.each(calls)('%s "%s" is %s', (status, reason, failure) => {
  const error = toAdapterError(new TritonCallError({ status, method: 'RepositoryModelLoad', reason }), 'load m');
  expect(error.failure).toBe(failure);
  expect(error.message).toContain('cannot load m: ');
});

test.each([
  ['ENOSPC', 'StorageFull'],
  ['EACCES', 'AccessDenied'],
  ['EXDEV', 'IncompatibleEnvironment'],
  ['EWHAT', 'Unexpected'],
])('a repository that answers %s is %s', (code, failure) => {
  const error = Object.assign(new Error(`${code}: write`), { code });
  expect(toAdapterError(error, 'publish version 1 of m').failure).toBe(failure);
});

test('the traceback of a model becomes one line', () => {
  const reason =
    "load failed for model 'm': version 3: RuntimeError: bad engine\n\nAt:\n  /r/m/3/model.py(20): initialize\n;\n";
  const { message } = toAdapterError(
    new TritonCallError({ status: 'INVALID_ARGUMENT', method: 'x', reason }),
    'load m',
  );
  expect(message).toContain('RuntimeError: bad engine At: /r/m/3/model.py(20): initialize;');
  expect(message).not.toContain('\n');
});

test('an error that has its name keeps it', () => {
  const named = new AdapterError('StaleFence', 'too late', { system: 'triton' });
  expect(toAdapterError(named, 'load m')).toBe(named);
});
