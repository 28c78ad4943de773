import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';

import { AdapterError } from '../../src/adapters/errors.ts';
import type { FailureName } from '../../src/contracts/failures.ts';
import { failures } from '../../src/contracts/failures.ts';
import { activityFailure } from '../../src/workers/failure-interceptor.ts';

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
