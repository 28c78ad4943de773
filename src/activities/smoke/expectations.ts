import { runInNewContext } from 'node:vm';
import type { Expectation } from '../../contracts/expectation.ts';

/** A pattern that backtracks without end must not stop the worker. */
const regexTimeoutMs = 250;
const replacementCharacter = '\uFFFD';
const shownChars = 80;

/** What an answer lacks, in words; null: nothing. */
export function expectationViolation(expectation: Expectation, answer: string): string | null {
  switch (expectation.kind) {
    case 'non-empty':
      return answer.trim() === '' ? 'the answer is empty' : null;
    case 'contains':
      return has(answer, expectation)
        ? null
        : `the answer does not contain ${quoted(expectation.text)}: ${quoted(answer)}`;
    case 'not-contains':
      return has(answer, expectation) ? `the answer contains ${quoted(expectation.text)}: ${quoted(answer)}` : null;
    case 'regex':
      return regexViolation(expectation.pattern, answer);
    case 'length':
      return lengthViolation(expectation, answer);
    case 'no-replacement-characters':
      return replacementViolation(answer);
  }
}

function has(answer: string, { text, ignoreCase }: { readonly text: string; readonly ignoreCase: boolean }): boolean {
  return ignoreCase ? answer.toLowerCase().includes(text.toLowerCase()) : answer.includes(text);
}

function regexViolation(pattern: string, answer: string): string | null {
  try {
    const isMatch: unknown = runInNewContext(
      'new RegExp(pattern, "u").test(answer)',
      { pattern, answer },
      { timeout: regexTimeoutMs },
    );
    return isMatch === true ? null : `the answer does not match /${pattern}/: ${quoted(answer)}`;
  } catch (error) {
    if (isTimeout(error))
      return `the pattern /${pattern}/ took longer than ${regexTimeoutMs} ms on the answer; simplify its nested repeats`;
    return `the pattern /${pattern}/ is not valid: ${messageOf(error)}`;
  }
}

function lengthViolation(
  bounds: { readonly minChars: number; readonly maxChars: number },
  answer: string,
): string | null {
  const chars = Array.from(answer).length;
  if (chars < bounds.minChars)
    return `the answer has ${chars} characters, fewer than ${bounds.minChars}: ${quoted(answer)}`;
  return chars > bounds.maxChars
    ? `the answer has ${chars} characters, more than ${bounds.maxChars}: ${quoted(answer)}`
    : null;
}

function replacementViolation(answer: string): string | null {
  const index = answer.indexOf(replacementCharacter);
  return index < 0 ? null : `the answer has a replacement character (U+FFFD) at position ${index}: ${quoted(answer)}`;
}

function quoted(text: string): string {
  const chars = Array.from(text);
  return JSON.stringify(chars.length > shownChars ? `${chars.slice(0, shownChars).join('')}…` : text);
}

/** Errors of the other context are no instances of this one's `Error`. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
