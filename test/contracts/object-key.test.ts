import { describe, expect, it } from 'vitest';
import { keyPrefixProblem, objectKeyProblem } from '../../src/contracts/object-key.ts';

describe('object keys', () => {
  it.each(['a', 'a/b/c.json', 'artifacts/dataset/0123456789abcdef/1/train.jsonl', '.gitattributes', 'ä ö/ü'])(
    'may be %j',
    (key) => expect(objectKeyProblem(key)).toBeNull(),
  );

  it.each([
    ['', 'it is empty'],
    ['a//b', 'it has an empty segment (leading, trailing or double slash)'],
    ['a/..', 'it has the segment ".."'],
    ['a/.staging-1', '".staging-1" is a name for unfinished files'],
    ['a\u0000', 'it holds a backslash or a control character'],
    ['x'.repeat(1025), 'it is longer than 1024 characters'],
  ])('may not be %j', (key, problem) => expect(objectKeyProblem(key)).toBe(problem));

  it('may be listed by any beginning of a key', () => {
    expect(['', 'a/', 'a/b'].map(keyPrefixProblem)).toEqual([null, null, null]);
    expect(keyPrefixProblem('../')).toBe('it has the segment ".."');
  });
});
