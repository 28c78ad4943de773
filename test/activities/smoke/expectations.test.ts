import { expect, test } from 'vitest';
import { expectationViolation } from '../../../src/activities/smoke/expectations.ts';
import type { Expectation } from '../../../src/contracts/expectation.ts';

const answer = 'A tower with a Light, for ships.';

test.each<readonly [Expectation, string]>([
  [{ kind: 'non-empty' }, answer],
  [{ kind: 'contains', text: 'light', ignoreCase: true }, answer],
  [{ kind: 'contains', text: 'Light', ignoreCase: false }, answer],
  [{ kind: 'not-contains', text: 'light', ignoreCase: false }, answer],
  [{ kind: 'regex', pattern: '^A .*\\.$' }, answer],
  [{ kind: 'regex', pattern: '^\\p{Lu}' }, 'Über'],
  [{ kind: 'length', minChars: 1, maxChars: 1 }, '🗼'],
  [{ kind: 'no-replacement-characters' }, 'naïve 🗼'],
])('%j is met by "%s"', (expectation, text) => {
  expect(expectationViolation(expectation, text)).toBeNull();
});

test.each<readonly [Expectation, string, string]>([
  [{ kind: 'non-empty' }, ' \n\t', 'the answer is empty'],
  [{ kind: 'contains', text: 'light', ignoreCase: false }, answer, 'does not contain "light"'],
  [{ kind: 'not-contains', text: 'LIGHT', ignoreCase: true }, answer, 'contains "LIGHT"'],
  [{ kind: 'regex', pattern: '^tower' }, answer, 'does not match /^tower/'],
  [{ kind: 'length', minChars: 40, maxChars: 90 }, answer, '32 characters, fewer than 40'],
  [{ kind: 'length', minChars: 1, maxChars: 9 }, answer, '32 characters, more than 9'],
  [{ kind: 'no-replacement-characters' }, 'caf\uFFFD', 'U+FFFD) at position 3'],
])('%j is violated by "%s": %s', (expectation, text, violation) => {
  expect(expectationViolation(expectation, text)).toContain(violation);
});

test('a pattern that is none is a violation that says so', () => {
  expect(expectationViolation({ kind: 'regex', pattern: '(' }, answer)).toContain('the pattern /(/ is not valid');
});

test('a pattern that backtracks without end is stopped', () => {
  const violation = expectationViolation({ kind: 'regex', pattern: '^(a+)+$' }, `${'a'.repeat(40)}b`);
  expect(violation).toContain('took longer than 250 ms');
});

test('a long answer is shown shortened', () => {
  const violation = expectationViolation({ kind: 'contains', text: 'z', ignoreCase: false }, 'x'.repeat(500));
  expect(violation?.length).toBeLessThan(150);
});
