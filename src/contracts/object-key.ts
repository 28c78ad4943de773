const longestKeyBytes = 1024;

/**
 * What is wrong with an object key, or null: keys are relative, `/`-separated, without empty, `.` or `..` segments, and without
 * the names that stores use for unfinished files (`.tmp`, `.staging-…`).
 */
export function objectKeyProblem(key: string): string | null {
  if (key === '') return 'it is empty';
  if (key.length > longestKeyBytes) return `it is longer than ${longestKeyBytes} characters`;
  if (hasForbiddenCharacter(key)) return 'it holds a backslash or a control character';
  return key.split('/').map(segmentProblem).find(isProblem) ?? null;
}

/** As {@link objectKeyProblem}, for the beginning of a key: it may be empty and may end in `/` or inside a segment. */
export function keyPrefixProblem(prefix: string): string | null {
  return objectKeyProblem(`${prefix}x`);
}

function segmentProblem(segment: string): string | null {
  if (segment === '') return 'it has an empty segment (leading, trailing or double slash)';
  if (segment === '.' || segment === '..') return `it has the segment "${segment}"`;
  return isUnfinishedName(segment) ? `"${segment}" is a name for unfinished files` : null;
}

/** True for names of files that a store or a job is still writing; they are not objects. */
export function isUnfinishedName(name: string): boolean {
  return name === '.tmp' || name.startsWith('.staging-');
}

function isProblem(problem: string | null): problem is string {
  return problem !== null;
}

function hasForbiddenCharacter(key: string): boolean {
  return /[\\\p{Cc}]/u.test(key);
}
