import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { expect, test } from 'vitest';

import { failureOf } from '../../src/workflows/failure-of.ts';

function activityFailure(cause: Error): ActivityFailure {
  return new ActivityFailure(
    'Activity task failed',
    'publishVersion',
    '7',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'worker',
    cause,
  );
}

test('an activity whose workers died at every attempt was not available, and is named', () => {
  const timeout = new TimeoutFailure('activity Heartbeat timeout', undefined, TimeoutType.HEARTBEAT);
  expect(failureOf(activityFailure(timeout))).toMatchObject({
    name: 'Unavailable',
    message: expect.stringMatching(
      /^publishVersion did not answer \(activity Heartbeat timeout\): its worker died/u,
    ) as unknown,
  });
});

test('a failure of the table keeps its name, any other error is unexpected', () => {
  const full = ApplicationFailure.create({ type: 'StorageFull', message: 'no space', nonRetryable: true });
  expect(failureOf(activityFailure(full))).toMatchObject({ name: 'StorageFull', message: 'no space' });
  expect(failureOf(activityFailure(new Error('a defect')))).toMatchObject({ name: 'Unexpected', message: 'a defect' });
});
