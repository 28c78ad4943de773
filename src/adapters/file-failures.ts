import type { FailureName } from '../contracts/failures.ts';

export interface FileFailure {
  readonly failure: FailureName;
  readonly advice: string;
}

/** What an error code of the file system means to every adapter that touches files. */
export const fileFailures: Readonly<Record<string, FileFailure>> = {
  ENOENT: { failure: 'NotFound', advice: 'check that it exists' },
  ENOTDIR: { failure: 'NotFound', advice: 'a part of the path is a file; check the path' },
  EISDIR: { failure: 'NotFound', advice: 'it is a directory; name a file' },
  EACCES: { failure: 'AccessDenied', advice: 'give this user the right to read and write it' },
  EPERM: { failure: 'AccessDenied', advice: 'give this user the right to read and write it' },
  EROFS: { failure: 'AccessDenied', advice: 'the file system is read-only; mount it writable' },
  ENOSPC: { failure: 'StorageFull', advice: 'free disk space and try again' },
  EDQUOT: { failure: 'StorageFull', advice: 'the quota is used up; free space and try again' },
  EFBIG: { failure: 'StorageFull', advice: 'the file is larger than the file system or a limit allows' },
  ENAMETOOLONG: { failure: 'InvalidConfig', advice: 'shorten the path' },
  EXDEV: { failure: 'InvalidConfig', advice: 'the store must lie on one file system' },
  EIO: { failure: 'Unavailable', advice: 'the disk reported an error; look at the system log' },
  ESTALE: { failure: 'Unavailable', advice: 'the mount went away; mount it again' },
  EMFILE: { failure: 'Unavailable', advice: 'raise the limit of open files' },
  ENFILE: { failure: 'Unavailable', advice: 'raise the limit of open files' },
};

/** True when the error has one of these codes (`ENOENT`, …). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error));
}

/** `ENOENT`, …; empty where the error has none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
