import { Context } from '@temporalio/activity';

const intervalMs = 3_000;

/** What each running activity has told last. */
const told = new WeakMap<Context, unknown>();

/** Tells how far the activity is: seen in the Temporal UI, and what a later attempt goes on from. */
export function tellProgress(details: unknown): void {
  const context = Context.current();
  told.set(context, details);
  context.heartbeat(details);
}

/**
 * Heartbeats while `work` runs, with what was told last, so that a lost worker is noticed within the heartbeat timeout and a
 * cancellation arrives. It never ends before `work` does: what follows a cancelled change must not overtake it.
 */
export async function withHeartbeat<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  if (context.info.heartbeatTimeoutMs === undefined) return work();
  const timer = setInterval(() => context.heartbeat(lastTold(context)), intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Until an attempt has told something itself, what the one before it told still counts. */
function lastTold(context: Context): unknown {
  return told.has(context) ? told.get(context) : context.info.heartbeatDetails;
}
