import type { Logger } from 'pino';

/** What a worker does beside its activities: at its start, and then again and again. */
export interface Chore {
  readonly name: string;
  readonly everySeconds: number;
  /** What was done, for the log; empty: nothing. */
  readonly run: () => Promise<readonly string[]>;
}

/** Does the chores until the returned function is called, which waits for the one that is being done. */
export function startChores(chores: readonly Chore[], logger: Logger): () => Promise<void> {
  const stopping = new AbortController();
  const working = chores.map(async (chore) => repeat(chore, logger, stopping.signal));
  return async () => {
    stopping.abort();
    await Promise.all(working);
  };
}

async function repeat(chore: Chore, logger: Logger, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    await once(chore, logger);
    await pause(chore.everySeconds * 1000, stopped);
  }
}

/** A chore that fails is told and done again later: it must not end a worker. */
async function once({ name, run }: Chore, logger: Logger): Promise<void> {
  try {
    const done = await run();
    if (done.length > 0) logger.warn({ chore: name, done }, 'chore done');
  } catch (error) {
    logger.error({ chore: name, err: error }, 'chore failed');
  }
}

async function pause(timeMs: number, stopped: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeMs);
    stopped.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
