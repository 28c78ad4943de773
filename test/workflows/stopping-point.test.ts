import { expect, test } from 'vitest';

import type { RunStatus } from '../../src/contracts/run-status.ts';
import { stoppingPoint } from '../../src/workflows/stopping-point.ts';
import { runStatus, waitingStatus } from '../fakes/run-statuses.ts';

/** A run whose first stages are in these states; the others wait. */
function runWith(...states: readonly RunStatus['stages'][number]['state'][]): RunStatus {
  const { stages } = runStatus();
  return runStatus({ stages: stages.map((stage, index) => ({ ...stage, state: states[index] ?? 'waiting' })) });
}

test.each([
  ['before its first stage', runWith()],
  ['in prepare-data', runWith('running')],
  ['in train', runWith('reused', 'running')],
  ['after train', runWith('reused', 'done')],
  ['in smoke-test', runWith('done', 'done', 'done', 'done', 'done', 'running', 'running')],
  ['while it waited for a decision', waitingStatus()],
])('a run is cancelled %s', (point, status) => {
  expect(stoppingPoint(status)).toBe(point);
});
