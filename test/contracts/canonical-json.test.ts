import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/contracts/canonical-json.ts';
import vectors from '../fixtures/canonical-json.json' with { type: 'json' };

describe('canonical JSON', () => {
  it.each(vectors)('writes $name as Python does', ({ value, text }) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is the same for the same members in any order, and loses nothing', () => {
    assert(
      property(dictionary(string({ unit: 'grapheme' }), jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        const text = writtenOrNull(value);
        expect(writtenOrNull(reversed)).toBe(text);
        if (text !== null) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ['undefined', { a: [1, undefined] }, '$.a[1] is a undefined'],
    ['a function', { run: (): void => undefined }, '$.run is a function'],
    ['not a number', { loss: Number.NaN }, '$.loss is NaN'],
    ['infinity', [Infinity], '$[0] is Infinity'],
    [
      'an integer no double can hold exactly',
      { size: 2 ** 53 },
      '$.size is the integer 9007199254740992, beyond 2^53,',
    ],
    ['half a surrogate pair', { text: '\ud800' }, '$.text is a string with a lone surrogate'],
    ['a date', { at: new Date(0) }, '$.at is a object'],
  ])('refuses %s and says where it is', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });
});

/** Null for values that canonical JSON refuses (integers beyond 2^53). */
function writtenOrNull(value: unknown): string | null {
  try {
    return canonicalJson(value);
  } catch {
    return null;
  }
}
