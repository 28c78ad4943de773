import { AdapterError } from '../errors.ts';

const diskFull = new Set(['ENOSPC', 'EDQUOT']);

/** What the file system or the process table refused, as a named failure. `action` says what was tried, on what. */
export function toAdapterError(error: unknown, action: string): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = errorCode(error);
  const failure = code !== undefined && diskFull.has(code) ? 'StorageFull' : 'Unavailable';
  const reason = error instanceof Error ? error.message : String(error);
  return new AdapterError(failure, `cannot ${action}: ${reason}`, { system: 'jobs', cause: error });
}

/** `code` of a Node system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
