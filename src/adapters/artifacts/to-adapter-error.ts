import { AdapterError } from '../errors.ts';
import { codeOf, fileFailures } from '../file-failures.ts';

/** Names an error of the local files that an artifact is fetched into or published from. */
export function toAdapterError(error: unknown, what: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const known = fileFailures[codeOf(error)];
  const advice = known?.advice ?? 'look at the cause';
  return new AdapterError(known?.failure ?? 'Unexpected', `cannot ${what}: ${String(error)}; ${advice}`, {
    system: 'store',
    cause: error,
  });
}
