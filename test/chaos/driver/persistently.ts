import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 500;
/** As long as a run may take: one look needs all servers at once, and each of them is killed again and again. */
const giveUpAfterMs = 1_200_000;

/** A call to a server that may be down just now: tried until it answers, for minutes. */
export async function persistently<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  const giveUpMs = Date.now() + giveUpAfterMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > giveUpMs)
        throw new Error(`${what} did not succeed in ${giveUpAfterMs / 1000} s`, { cause: error });
      await delay(pauseMs);
    }
  }
}
