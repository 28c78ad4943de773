import type { RunStatus } from '../../contracts/run-status.ts';
import type { WindlassClient } from '../windlass-client.ts';
import type { RunDisplay } from './run-display.ts';

export interface FollowOrder {
  readonly runId: string;
  readonly display: RunDisplay;
  /** Whether there is nothing more to follow, though the run has not ended. */
  readonly isOver?: (status: RunStatus) => boolean;
}

/** Shows a run until it has ended. Gives the last status. */
export async function followRun(
  client: WindlassClient,
  { runId, display, isOver = () => false }: FollowOrder,
): Promise<RunStatus> {
  let last: RunStatus | null = null;
  for await (const status of client.follow(runId)) {
    display.show(status);
    last = status;
    if (isOver(status)) break;
  }
  if (last === null) throw new Error(`run ${runId} told nothing`);
  return last;
}
