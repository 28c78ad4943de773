import { Context, heartbeat } from '@temporalio/activity';

const intervalMs = 3_000;

/** Heartbeats while `work` runs, so that a lost worker is noticed. A cancellation ends the wait; `work` itself must be repeatable. */
export async function withHeartbeat<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => heartbeat(), intervalMs);
  try {
    return await Promise.race([work(), Context.current().cancelled]);
  } finally {
    clearInterval(timer);
  }
}
