import { createSpecResolver } from '../../src/adapters/platform/spec-resolver.ts';
import type { WindlassClient } from '../../src/client/windlass-client.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import { activityFailure } from '../../src/workers/failure-interceptor.ts';
import { shippedPlatform } from '../adapters/platform/test-platform.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';
import { createFakeWorld } from '../fakes/fake-world.ts';

/** A world whose inputs are checked as the pipeline worker checks them. */
export function checkingWorld(): FakeWorld {
  const world = createFakeWorld();
  const resolver = createSpecResolver(shippedPlatform());
  const resolveRun: FakeWorld['activities']['resolveRun'] = async (request) => {
    try {
      resolver.resolve(request.input);
    } catch (error) {
      throw activityFailure(error, 1);
    }
    return world.activities.resolveRun(request);
  };
  return { ...world, activities: { ...world.activities, resolveRun } };
}

export async function untilWaiting(client: WindlassClient, runId: string): Promise<RunStatus> {
  for (;;) {
    const status = await client.status(runId);
    if (status.phase === 'awaiting-approval') return status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
