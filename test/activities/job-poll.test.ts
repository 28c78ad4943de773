import { expect, test } from 'vitest';

import { createPollClock } from '../../src/activities/job-poll.ts';

test('a job that runs is looked at often at first, then twice a second', () => {
  const pollIntervalMs = createPollClock();
  expect([0, 100, 1_000, 4_000, 86_400_000].map((nowMs) => pollIntervalMs('running', nowMs))).toEqual([
    20, 20, 100, 400, 500,
  ]);
});

test('a job that was queued for long is looked at often again when it runs', () => {
  const pollIntervalMs = createPollClock();
  expect([0, 60_000].map((nowMs) => pollIntervalMs('queued', nowMs))).toEqual([20, 1_000]);
  expect([60_000, 61_000].map((nowMs) => pollIntervalMs('running', nowMs))).toEqual([20, 100]);
});
