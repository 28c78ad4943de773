import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { tellProgress } from '../../src/activities/heartbeat.ts';
import { createHeartbeatInterceptor } from '../../src/workers/heartbeat-interceptor.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An activity that does nothing for seven seconds of a worker's time, after `begin`. */
async function heartbeatsOf(info: Partial<Info>, begin = (): void => {}): Promise<readonly unknown[]> {
  const environment = new MockActivityEnvironment(info, {
    interceptors: [() => ({ inbound: createHeartbeatInterceptor() })],
    logger: new DefaultLogger('ERROR'),
  });
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const done = environment.run<[], void, () => Promise<void>>(async () => {
    begin();
    await new Promise((resolve) => setTimeout(resolve, 7_000));
  });
  await vi.advanceTimersByTimeAsync(30_000);
  await done;
  return heartbeats;
}

test('every activity heartbeats while it runs, and no longer', async () => {
  expect(await heartbeatsOf({ heartbeatTimeoutMs: 10_000 })).toEqual([undefined, undefined]);
});

test('what an activity has told is told on, for a later attempt to go on from', async () => {
  const heartbeats = await heartbeatsOf({ heartbeatTimeoutMs: 10_000, heartbeatDetails: 'step 3' }, () =>
    tellProgress('step 4'),
  );
  expect(heartbeats).toEqual(['step 4', 'step 4', 'step 4']);
});

test('what an earlier attempt has told is kept until this one tells something', async () => {
  expect(await heartbeatsOf({ heartbeatTimeoutMs: 10_000, heartbeatDetails: 'step 3' })).toEqual(['step 3', 'step 3']);
});

test('an activity without heartbeat timeout does not heartbeat', async () => {
  expect(await heartbeatsOf({})).toEqual([]);
});
