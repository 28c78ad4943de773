import type { RunStatus } from '../../contracts/run-status.ts';
import { pause } from '../outage.ts';
import type { WindlassClient } from '../windlass-client.ts';
import { WindlassError } from '../windlass-error.ts';
import type { RunDisplay } from './run-display.ts';
import { isEnded } from './run-view.ts';

const pollIntervalMs = 500;

export interface FollowOrder {
  readonly runId: string;
  readonly display: RunDisplay;
  /** Whether there is nothing more to follow; default: the run has ended. */
  readonly isOver?: (status: RunStatus) => boolean;
}

/** Shows a run until it has ended; a server that restarts meanwhile is waited for. Gives the last status. */
export async function followRun(
  client: WindlassClient,
  { runId, display, isOver = isEnded }: FollowOrder,
): Promise<RunStatus> {
  for (;;) {
    const status = await lookPatiently(client, runId);
    display.show(status);
    if (isOver(status)) return status;
    await pause(pollIntervalMs);
  }
}

const patienceMs = 120_000;

async function lookPatiently(client: WindlassClient, runId: string): Promise<RunStatus> {
  const startedMs = Date.now();
  for (;;) {
    try {
      return await client.status(runId);
    } catch (error) {
      const isOutage = error instanceof WindlassError && error.failure === 'ServerUnreachable';
      if (!isOutage || Date.now() - startedMs > patienceMs) throw error;
      await pause(1_000);
    }
  }
}
