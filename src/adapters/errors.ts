import type { FailureName } from '../contracts/failures.ts';

/** What every adapter throws: a named failure of one outside system. The message says what failed, which thing, and what to do. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly failure: FailureName;
  /** `store`, `mlflow`, `triton`, `jobs`, `platform`, `temporal`. */
  readonly system: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** When to try again, where the one who failed knows better than the caller's profile. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: FailureName, message: string, options: AdapterErrorOptions) {
    super(message, { cause: options.cause });
    this.failure = failure;
    this.system = options.system;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface AdapterErrorOptions {
  readonly system: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}
