/** One write of a container, as a container runtime keeps it: a line, or a part of one. */
interface Entry {
  readonly nanos: bigint;
  readonly bytes: Buffer;
}

const longestPart = 16 * 1024;

/** The log file of a container, and what a kubelet reads out of it. */
export class ContainerLog {
  /** All that the container has written. */
  written = Buffer.alloc(0);
  readonly #entries: Entry[] = [];
  /** What was put away: new readers begin behind it. */
  #rotated = 0;
  #nanos: bigint;

  constructor(begin: string) {
    this.#nanos = BigInt(Date.parse(begin)) * 1_000_000n;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Each line a millisecond after the one before, unless told otherwise; may be negative or zero. */
  write(text: string, stepNanos = 1_000_000n): void {
    for (const line of text.split(/(?<=\n)/u)) this.#writeLine(Buffer.from(line), stepNanos);
  }

  rotate(): void {
    this.#rotated = this.#entries.length;
  }

  /** As a kubelet sends it: the time before what begins a line, whatever was left out before. */
  read({ since = 0n, from = this.#rotated, hasTimes = true }: Partial<LogReading>): Buffer {
    const pieces: Buffer[] = [];
    for (const [index, { nanos, bytes }] of this.#entries.entries()) {
      if (index < from || nanos < since) continue;
      if (hasTimes && this.#isNewLine(index)) pieces.push(Buffer.from(`${timeText(nanos)} `));
      pieces.push(bytes);
    }
    return Buffer.concat(pieces);
  }

  #isNewLine(index: number): boolean {
    return index === 0 || this.#entries[index - 1]?.bytes.at(-1) === 0x0a;
  }

  #writeLine(line: Buffer, stepNanos: bigint): void {
    this.#nanos += stepNanos;
    for (let at = 0; at < line.length; at += longestPart)
      this.#entries.push({ nanos: this.#nanos, bytes: line.subarray(at, at + longestPart) });
    this.written = Buffer.concat([this.written, line]);
  }
}

export interface LogReading {
  readonly since: bigint;
  /** Entries before it were sent already. */
  readonly from: number;
  readonly hasTimes: boolean;
}

function timeText(nanos: bigint): string {
  const second = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
}
