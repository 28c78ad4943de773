import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';

import { AdapterError } from '../../src/adapters/errors.ts';
import type { FailureName } from '../../src/contracts/failures.ts';
import { failures } from '../../src/contracts/failures.ts';
import { activityFailure, createFailureInterceptor } from '../../src/workers/failure-interceptor.ts';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';

const names = Object.keys(failures) as FailureName[];

describe('an adapter’s error', () => {
  test.each(names)('%s is retried as its class says', (name) => {
    const cause = new Error('ECONNREFUSED');
    const error = new AdapterError(name, 'what, which, what to do', { system: 'store', details: { key: 'a' }, cause });
    expect(activityFailure(error, 1)).toMatchObject({
      type: name,
      message: 'what, which, what to do',
      nonRetryable: failures[name].class !== 'transient',
      details: [{ system: 'store', key: 'a' }],
      cause,
    });
  });

  test('of a class that passes is never given up for the number of its attempts', () => {
    const error = new AdapterError('Unavailable', 'away', { system: 'mlflow' });
    expect(activityFailure(error, 1000)).toMatchObject({ nonRetryable: false });
  });
});

describe('something that is waited for', () => {
  test('is looked at again when its error says, and counts as no failure', () => {
    const error = new AdapterError('StageClaimed', 'waits for run g-1', { system: 'store', retryAfterMs: 1125 });
    expect(activityFailure(error, 1)).toMatchObject({ nextRetryDelay: 1125, category: 'BENIGN', nonRetryable: false });
  });
});

describe('an error that nobody named', () => {
  const error = new TypeError('undefined is not a function');

  test.each([1, 4])('is tried again after attempt %i', (attempt) => {
    expect(activityFailure(error, attempt)).toBe(error);
  });

  test.each([5, 6])('is shown and given up at attempt %i', (attempt) => {
    expect(activityFailure(error, attempt)).toMatchObject({
      type: 'Unexpected',
      message: 'undefined is not a function',
      nonRetryable: true,
      cause: error,
    });
  });
});

describe('what Temporal itself throws', () => {
  const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });

  test.each([
    ['a cancellation', new CancelledFailure('cancelled')],
    ['a failure that is named already', ApplicationFailure.create({ type: 'GateRefused', nonRetryable: true })],
    ['an aborted call', aborted],
  ])('passes as it is: %s', (_name, failure) => {
    expect(activityFailure(failure, 9)).toBe(failure);
  });
});

/** What is counted when `loadCandidate` ends with this error. */
async function countedFor(error: unknown): Promise<Readonly<Record<string, number>>> {
  const metrics = createFakeMetrics();
  const environment = new MockActivityEnvironment(
    { activityType: 'loadCandidate' },
    { interceptors: [() => ({ inbound: createFailureInterceptor(metrics) })], logger: new DefaultLogger('ERROR') },
  );
  const fails = async (): Promise<never> => {
    throw error;
  };
  await expect(environment.run(fails)).rejects.toBeDefined();
  return metrics.counted;
}

describe('an attempt that fails', () => {
  test.each([
    ['EngineRejected', new AdapterError('EngineRejected', 'no', { system: 'triton' })],
    ['GateRefused', ApplicationFailure.create({ type: 'GateRefused', nonRetryable: true })],
    ['Unexpected', new TypeError('undefined is not a function')],
    ['Unexpected', ApplicationFailure.create({ type: 'somebody/else-7' })],
  ])('counts under the name of its failure: %s', async (failure, error) => {
    const name = `windlass_failures_total{activity="loadCandidate",failure="${failure}"}`;
    expect(await countedFor(error)).toEqual({ [name]: 1 });
  });

  test.each([
    ['cancelled', new CancelledFailure('cancelled')],
    ['aborted', Object.assign(new Error('aborted'), { name: 'AbortError' })],
    ['waiting', new AdapterError('StageClaimed', 'waits', { system: 'store', retryAfterMs: 5 })],
  ])('does not count where it was only %s', async (_name, error) => {
    expect(await countedFor(error)).toEqual({});
  });
});
