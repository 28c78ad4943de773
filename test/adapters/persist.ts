import { setTimeout as delay } from 'node:timers/promises';
import { AdapterError } from '../../src/adapters/errors.ts';

const mostAttempts = 5;

/** Repeats what is `Unavailable`, as Temporal does: a server that is asked many things at once may answer some of them with 500. */
export async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const isWorthRepeating = error instanceof AdapterError && error.failure === 'Unavailable';
      if (!isWorthRepeating || attempt === mostAttempts) throw error;
      await delay(attempt * 200);
    }
  }
}
