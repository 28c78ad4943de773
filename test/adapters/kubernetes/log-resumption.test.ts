import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resumptionIn, secondOf } from '../../../src/adapters/kubernetes/log-resumption.ts';

const first = '2026-11-25T10:00:03.100000000Z one\n';
const second = '2026-11-25T10:00:03.200000000Z two\n';
const third = '2026-11-25T10:00:05.000000000Z three\n';

const wait = { kind: 'wait' };

function at(position: number): object {
  return { kind: 'from', at: position };
}

function lost(position: number, lastTime: string): object {
  return { kind: 'lost', at: position, lastTime };
}

function resume(answer: string, kept: string): unknown {
  return resumptionIn(Buffer.from(answer), Buffer.from(kept));
}

describe('the place where the answer of a node goes on', () => {
  it.each([
    { where: 'nothing is kept', answer: first, kept: '', expected: at(0) },
    {
      where: 'the node sends again what is kept',
      answer: first + second + third,
      kept: first + second,
      expected: at(70),
    },
    { where: 'it sends nothing else', answer: first, kept: first, expected: at(35) },
    { where: 'it sends what is older than what is kept', answer: first + second, kept: second, expected: at(70) },
    {
      where: 'it has sent half of what is kept',
      answer: first + second.slice(0, 9),
      kept: first + second,
      expected: wait,
    },
    { where: 'it has sent older lines alone', answer: first, kept: second, expected: wait },
    { where: 'it has not sent a whole line', answer: third.slice(0, 20), kept: first, expected: wait },
    { where: 'a line was kept half', answer: first + second, kept: first + second.slice(0, 32), expected: at(67) },
    { where: 'its file begins later', answer: third, kept: first + second, expected: lost(0, second.slice(0, 30)) },
    {
      where: 'its answer begins within a line that was lost',
      answer: `rest of a line\n${third}`,
      kept: first,
      expected: lost(15, first.slice(0, 30)),
    },
  ])('is told where $where', ({ answer, kept, expected }) => {
    expect(resume(answer, kept)).toEqual(expected);
  });

  it('is behind as many equal lines as are kept', () => {
    const equal = '2026-11-25T10:00:03.100000000Z .\n';
    expect(resume(equal.repeat(5), equal.repeat(3))).toEqual({ kind: 'from', at: 3 * equal.length });
  });

  it('is no line that quotes another', () => {
    const quoting = `2026-11-25T10:00:03.050000000Z ${second}`;
    expect(resume(quoting + second + third, second)).toEqual({ kind: 'from', at: quoting.length + second.length });
  });

  it('is found in lines that stand in the wrong order', () => {
    const kept = third + second;
    expect(secondOf(Buffer.from(kept))).toBe('2026-11-25T10:00:02Z');
    expect(resume(first + third + second + first, kept)).toEqual({ kind: 'from', at: 107 });
    expect(resume(first + third, kept)).toEqual({ kind: 'wait' });
  });
});

interface Line {
  readonly nanos: number;
  readonly text: string;
}

const begin = Date.parse('2026-11-25T10:00:00Z') / 1000;

function bytesOf(lines: readonly Line[]): Buffer {
  const rows = lines.map(({ nanos, text }) => {
    const time = new Date((begin + Math.floor(nanos / 1e9)) * 1000).toISOString().slice(0, 19);
    return `${time}.${String(nanos % 1e9).padStart(9, '0')}Z ${text}\n`;
  });
  return Buffer.from(rows.join(''));
}

/** Lines a fraction of a second apart, many of them equal and at one time, some before the one that they stand behind. */
const logs = fc
  .array(
    fc.record({ step: fc.constantFrom(0, 0, 1, 400_000_000, 1_300_000_000), text: fc.constantFrom('.', 'a', '') }),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((steps) => {
    let nanos = 5e9;
    return steps.map(({ step, text }): Line => ({ nanos: (nanos += step), text }));
  });

/** Where lines of one time begin: nanoseconds are not shared by lines that were written a piece apart. */
function groupStart(lines: readonly Line[], index: number): number {
  const start = lines.findIndex(({ nanos }) => nanos === lines[index]?.nanos);
  return start < 0 ? lines.length : start;
}

it('goes on with every line once, wherever it was left, however the answer comes in', () => {
  const cases = fc.record({ log: logs, kept: fc.nat(30), piece: fc.nat(30), cut: fc.nat(2000) });
  fc.assert(
    fc.property(cases, ({ log, kept, piece, cut }) => {
      const keptLines = Math.min(kept, log.length);
      const from = groupStart(log, Math.min(piece, Math.max(0, keptLines - 1)));
      const keptBytes = bytesOf(log.slice(from, keptLines));
      const since = secondOf(keptBytes);
      const sinceNanos = since === null ? 0 : (Date.parse(since) / 1000 - begin) * 1e9;
      const answer = bytesOf(log.filter(({ nanos }) => nanos >= sinceNanos));
      const whole = resumptionIn(answer, keptBytes);
      const rest = bytesOf(log.slice(keptLines));
      expect(whole).toEqual({ kind: 'from', at: answer.length - rest.length });
      const early = resumptionIn(answer.subarray(0, cut), keptBytes);
      if (early.kind !== 'wait') expect(early).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});
