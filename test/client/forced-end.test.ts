import { expect, test } from 'vitest';

import { withForcedEnd } from '../../src/client/forced-end.ts';
import { statusAfter } from './cli/run-samples.ts';

test.each(['TERMINATED', 'TIMED_OUT'] as const)(
  'a run that Temporal calls %s has ended, in the stage it was in',
  (name) => {
    const status = withForcedEnd(statusAfter(1), name);
    expect(status.phase).toBe('terminated');
    expect(status.stages.slice(0, 3)).toMatchObject([
      { state: 'done' },
      { state: 'failed', note: 'the run was terminated' },
      { state: 'waiting' },
    ]);
  },
);

test('a run that goes on, or ended by itself a moment ago, is as it says', () => {
  const running = statusAfter(1);
  const failed = statusAfter(1, { phase: 'failed' });
  expect(withForcedEnd(running, 'RUNNING')).toBe(running);
  expect(withForcedEnd(running, 'COMPLETED')).toBe(running);
  expect(withForcedEnd(failed, 'TERMINATED')).toBe(failed);
});
