import { AdapterError } from '../errors.ts';
import { codeOf, fileFailures } from '../file-failures.ts';

/** Names an error of the file system; `what` is the action and its object ("read file:///…"). */
export function toAdapterError(error: unknown, what: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = codeOf(error);
  const known = fileFailures[code];
  const advice = known?.advice ?? String(error);
  return new AdapterError(known?.failure ?? 'Unexpected', `cannot ${what} (${code || 'no code'}): ${advice}`, {
    system: 'store',
    cause: error,
    details: { code },
  });
}
