import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';

import { jobProgressOf, withProgress } from '../../src/client/job-progress.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';

const heartbeat = (details: unknown): Parameters<typeof jobProgressOf>[0] => [
  { activityType: { name: 'awaitJob' }, heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload(details)] } },
];

test('reads what the followed job does now out of the heartbeat', () => {
  expect(jobProgressOf(heartbeat({ progressOffset: 7, progress: 'step 40/120 · loss 3.1' }))).toBe(
    'step 40/120 · loss 3.1',
  );
});

test.each([
  ['no activity is pending', []],
  ['another activity is pending', [{ activityType: { name: 'planStage' } }]],
  ['the job has told nothing yet', [{ activityType: { name: 'awaitJob' } }]],
  ['the heartbeat has another shape', heartbeat('hello')],
])('tells nothing when %s', (_case, pending) => {
  expect(jobProgressOf(pending)).toBeNull();
});

test('puts the progress into the running stage only', () => {
  const stages: RunStatus['stages'] = [
    { stage: 'prepare-data', state: 'done', note: 'kept' },
    { stage: 'train', state: 'running' },
  ];
  const status = withProgress({ stages } as unknown as RunStatus, 'step 1/2');
  expect(status.stages.map(({ note }) => note)).toEqual(['kept', 'step 1/2']);
});
