import type { LoadedDataConverter, PayloadCodec } from '@temporalio/common';
import { defaultDataConverter, defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';

import { jobProgressOf, withProgress } from '../../src/client/job-progress.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';

const heartbeat = (told: unknown): Parameters<typeof jobProgressOf>[0] => [
  { activityType: { name: 'awaitJob' }, heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload(told)] } },
];

const plain: LoadedDataConverter = { ...defaultDataConverter, payloadCodecs: [] };
const details = { progressOffset: 7, progress: 'step 40/120 · loss 3.1' };

test('reads what the followed job does now out of the heartbeat', async () => {
  expect(await jobProgressOf(heartbeat(details), plain)).toBe('step 40/120 · loss 3.1');
});

test('reads which run a stage waits for', async () => {
  const [pending] = heartbeat({ progress: 'waits for run g-1, which does the same train' }) ?? [];
  const waiting = [{ ...pending, activityType: { name: 'planStage' } }];
  expect(await jobProgressOf(waiting, plain)).toBe('waits for run g-1, which does the same train');
});

test('reads it where payloads are encoded', async () => {
  const reversed: PayloadCodec = {
    encode: async (payloads) => payloads,
    decode: async (payloads) => payloads.map((payload) => ({ ...payload, data: payload.data?.toReversed() ?? null })),
  };
  const [pending] = heartbeat(details) ?? [];
  const [payload] = await reversed.decode(pending?.heartbeatDetails?.payloads ?? []);
  const encoded = [{ ...pending, heartbeatDetails: { payloads: [payload ?? {}] } }];
  expect(await jobProgressOf(encoded, { ...plain, payloadCodecs: [reversed] })).toBe('step 40/120 · loss 3.1');
});

test.each([
  ['no activity is pending', []],
  ['another activity is pending', [{ ...heartbeat(details)?.[0], activityType: { name: 'smokeTest' } }]],
  ['the job has told nothing yet', [{ activityType: { name: 'awaitJob' } }]],
  ['the heartbeat has another shape', heartbeat('hello')],
])('tells nothing when %s', async (_case, pending) => {
  expect(await jobProgressOf(pending, plain)).toBeNull();
});

test('puts the progress into the running stage only', () => {
  const stages: RunStatus['stages'] = [
    { stage: 'prepare-data', state: 'done', note: 'kept' },
    { stage: 'train', state: 'running' },
  ];
  const status = withProgress({ stages } as unknown as RunStatus, 'step 1/2');
  expect(status.stages.map(({ note }) => note)).toEqual(['kept', 'step 1/2']);
});
