const newline = 0x0a;
const space = 0x20;
const longestStamp = 40;
const stampPattern = /^(?<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,9}))?(?<zone>Z|[+-]\d\d:\d\d)$/u;

/** The time that a node puts before each line, to the nanosecond, followed by a space. */
export interface LineStamp {
  readonly text: string;
  readonly nanos: bigint;
  /** Where the line's own text begins. */
  readonly endsAt: number;
}

/** The stamp of the line that begins at `at`; null: it has none, or not all of it is there. */
export function stampAt(bytes: Buffer, at: number): LineStamp | null {
  const end = bytes.subarray(at, at + longestStamp).indexOf(space);
  if (end < 0) return null;
  const text = bytes.toString('latin1', at, at + end);
  const { second = '', fraction = '', zone = '' } = stampPattern.exec(text)?.groups ?? {};
  if (second === '') return null;
  const nanos = BigInt(Date.parse(`${second}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  return { text, nanos, endsAt: at + end + 1 };
}

/** Where lines begin, and end. */
export function* linesIn(bytes: Buffer): Generator<{ readonly at: number; readonly end: number }> {
  for (let at = 0; at < bytes.length;) {
    const newlineAt = bytes.indexOf(newline, at);
    const end = newlineAt < 0 ? bytes.length : newlineAt + 1;
    yield { at, end };
    at = end;
  }
}

/** What the container wrote. `isContinued`: the bytes begin within a line. */
export function withoutStamps(bytes: Buffer, isContinued: boolean): Buffer {
  const pieces: Buffer[] = [];
  for (const { at, end } of linesIn(bytes)) {
    const textAt = at === 0 && isContinued ? 0 : (stampAt(bytes, at)?.endsAt ?? at);
    pieces.push(bytes.subarray(textAt, end));
  }
  return Buffer.concat(pieces);
}

/** Not much more of the end than so many bytes, from the beginning of a line; a copy, so that the rest can be forgotten. */
export function lastLines(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length <= maxBytes) return bytes;
  const from = bytes.indexOf(newline, bytes.length - maxBytes) + 1;
  return from === 0 || from === bytes.length ? bytes : Buffer.from(bytes.subarray(from));
}

export function endsLine(bytes: Buffer): boolean {
  return bytes.length === 0 || bytes.at(-1) === newline;
}

/** How much of it may be kept as one piece: whole lines, or the beginning of one that is longer than a piece may be. */
export function pieceOf(bytes: Buffer, maxBytes: number): Buffer {
  const most = bytes.subarray(0, maxBytes);
  const whole = most.subarray(0, most.lastIndexOf(newline) + 1);
  return whole.length === 0 && most.length === maxBytes ? most : whole;
}
