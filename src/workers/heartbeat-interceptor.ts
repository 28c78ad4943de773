import type { ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

import { withHeartbeat } from '../activities/heartbeat.ts';

/** Every activity of a worker heartbeats for as long as it runs: the one place where that is seen to. */
export function createHeartbeatInterceptor(): ActivityInboundCallsInterceptor {
  return {
    execute: async (input, next: Next<ActivityInboundCallsInterceptor, 'execute'>) =>
      withHeartbeat(async () => next(input)),
  };
}
