import { setTimeout as sleep } from 'node:timers/promises';

const firstDelayMs = 100;
const longestDelayMs = 5000;

export interface RetryOptions {
  readonly attempts: number;
  readonly isRetryable: (error: unknown) => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Repeats what the SDK cannot repeat itself (streamed bodies, conditional conflicts), with exponential delays and full jitter, so
 * that competing writers do not meet again.
 */
export async function withRetries<T>(options: RetryOptions, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (attempt >= options.attempts || !options.isRetryable(error)) throw error;
    }
    await sleep(jitteredDelayMs(attempt), undefined, options.signal ? { signal: options.signal } : {});
  }
}

function jitteredDelayMs(attempt: number): number {
  return Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** attempt);
}
