import { describe, expect, it } from 'vitest';
import { lastLines, pieceOf, stampAt, withoutStamps } from '../../../src/adapters/kubernetes/log-lines.ts';

const time = '2026-11-25T10:00:03.000000001Z';

describe('the time before a line', () => {
  it.each([
    [`${time} text`, 1_795_600_803_000_000_001n],
    ['2026-11-25T11:00:03.000000001+01:00 text', 1_795_600_803_000_000_001n],
    ['2026-11-25T10:00:03.5Z ', 1_795_600_803_500_000_000n],
    ['2026-11-25T10:00:03Z text', 1_795_600_803_000_000_000n],
  ])('of "%s" is read to the nanosecond, in any zone', (line, nanos) => {
    expect(stampAt(Buffer.from(line), 0)?.nanos).toBe(nanos);
  });

  it.each(['text', time, '2026-11-25 10:00:03Z text', ` ${time} text`, ''])('is not there in "%s"', (line) => {
    expect(stampAt(Buffer.from(line), 0)).toBeNull();
  });
});

describe('what a container wrote', () => {
  it('is all but the times, empty lines and lines that look like times included', () => {
    const bytes = Buffer.from(`${time} one\n${time} \n${time} ${time} two\n${time} end`);
    expect(withoutStamps(bytes, false).toString()).toBe(`one\n\n${time} two\nend`);
  });

  it('begins at once where the bytes begin within a line', () => {
    const bytes = Buffer.from(`${time} is text\n${time} two\n`);
    expect(withoutStamps(bytes, true).toString()).toBe(`${time} is text\ntwo\n`);
  });
});

describe('a piece', () => {
  it.each([
    ['one\ntwo\nthr', 100, 'one\ntwo\n'],
    ['one\ntwo\nthree\n', 9, 'one\ntwo\n'],
    ['one', 100, ''],
    ['a line that is long\n', 6, 'a line'],
  ])('of %j with %i bytes at most is %j', (bytes, maxBytes, piece) => {
    expect(pieceOf(Buffer.from(bytes), maxBytes).toString()).toBe(piece);
  });
});

describe('the end of a log', () => {
  it.each([
    ['one\ntwo\nthree\n', 100, 'one\ntwo\nthree\n'],
    ['one\ntwo\nthree\n', 8, 'three\n'],
    ['one\na long last line\n', 8, 'one\na long last line\n'],
    ['one\na long last line', 8, 'one\na long last line'],
  ])('of %j with %i bytes or so is %j', (bytes, maxBytes, end) => {
    expect(lastLines(Buffer.from(bytes), maxBytes).toString()).toBe(end);
  });
});
