import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { parseAllowedFields } from './schema-fields.ts';

export type IssuePath = readonly PropertyKey[];

/** One wrong field: where it is, what stands there, and what is allowed. */
export interface SpecIssue {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** An issue before it is put into words. */
export interface FoundIssue extends SpecIssue {
  readonly at: IssuePath;
}

const maxFoundChars = 60;
const maxLines = 50;
const secretField = /secret|password|passwd|token$|credential|api-?_?key|private-?_?key|authorization/i;
const unknownField = 'unknown field';

export function issueAt(at: IssuePath, root: unknown, expected: string): FoundIssue {
  return { at, path: pathText(at), found: describeFound(at, valueAt(root, at)), expected };
}

/** Every issue of a zod error, unknown fields one by one, in the order zod found them. */
export function issuesFromZod(error: z.ZodError, root: unknown): readonly FoundIssue[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownFieldIssue(issue.path, key, parseAllowedFields(issue.message)))
      : [issueAt(issue.path, root, issue.message)],
  );
}

/** One line per issue: `data.split.train: found "0,9" (string); expected a number from 0 to 1`. */
export function issueLines(issues: readonly SpecIssue[]): string {
  const lines = issues.slice(0, maxLines).map(issueLine);
  const left = issues.length - lines.length;
  return [...lines, ...(left > 0 ? [`… and ${left} more`] : [])].join('\n');
}

export function withoutPositions(issues: readonly FoundIssue[]): readonly SpecIssue[] {
  return issues.slice(0, maxLines).map(({ path, found, expected }) => ({ path, found, expected }));
}

/** JSON path without the leading `$.`; names that are no identifiers stand in brackets. */
function pathText(at: IssuePath): string {
  let text = '';
  for (const part of at) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (isPlainName(part)) text += text === '' ? part : `.${part}`;
    else text += `[${cut(JSON.stringify(String(part)))}]`;
  }
  return text === '' ? 'input' : text;
}

export function valueAt(root: unknown, at: IssuePath): unknown {
  let value = root;
  for (const part of at) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function unknownFieldIssue(parent: IssuePath, key: string, allowed: readonly string[]): FoundIssue {
  const at = [...parent, key];
  const nearest = nearestName(key, allowed);
  const expected = nearest === null ? `allowed here: ${allowed.join(', ')}` : `did you mean "${nearest}"?`;
  return { at, path: pathText(at), found: unknownField, expected };
}

function issueLine({ path, found, expected }: SpecIssue): string {
  return found === unknownField ? `${path}: ${found}; ${expected}` : `${path}: found ${found}; expected ${expected}`;
}

function describeFound(at: IssuePath, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (at.some((part) => secretField.test(String(part)))) return `a hidden value (${typeof value})`;
  if (typeof value === 'string') return `${cut(JSON.stringify(withoutCredentials(value)))} (string)`;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value} (${typeof value})` : `a ${typeof value}`;
}

/** User and password of an address, and everything behind its `?` (signatures), never reach a message. */
function withoutCredentials(text: string): string {
  return text.replace(/(:\/\/)[^/@\s]*@/g, '$1…@').replace(/(:\/\/[^\s?]*\?).*$/s, '$1…');
}

function isPlainName(part: PropertyKey): part is string {
  return typeof part === 'string' && /^[A-Za-z_$][\w$-]{0,59}$/.test(part);
}

function cut(text: string): string {
  return text.length <= maxFoundChars ? text : `${text.slice(0, maxFoundChars - 1)}…`;
}
