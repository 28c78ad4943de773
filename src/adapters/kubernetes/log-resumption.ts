import type { LineStamp } from './log-lines.ts';
import { endsLine, linesIn, stampAt } from './log-lines.ts';

/** From where the answer of a node is new. */
export type Resumption =
  | { readonly kind: 'from'; readonly at: number }
  /** More of the answer has to come before it can be told. */
  | { readonly kind: 'wait' }
  /** The node has put away what comes between; from there on it has the log. */
  | { readonly kind: 'lost'; readonly at: number; readonly lastTime: string };

/**
 * Finds the end of what is kept (`kept`, from the beginning of a line) in what a node sends when it is asked from {@link secondOf} on. A
 * time alone would not tell: the API server cuts it to seconds, lines may have the same one, and lines of stdout and stderr may stand in
 * the wrong order. So the last lines themselves are looked for, as many as have the time of the last one.
 */
export function resumptionIn(answer: Buffer, kept: Buffer): Resumption {
  const anchor = anchorOf(kept);
  if (anchor === null) return { kind: 'from', at: 0 };
  const at = lineAt(answer, kept.subarray(anchor.at));
  if (at >= 0) return { kind: 'from', at: at + kept.length - anchor.at };
  return withoutAnchor(answer, kept, anchor.stamp);
}

/**
 * What the node is asked from, as the API server reads it; null: from the beginning. A second more than need be: a line may stand behind
 * one that is younger.
 */
export function secondOf(kept: Buffer): string | null {
  const anchor = anchorOf(kept);
  if (anchor === null) return null;
  const second = Number(anchor.stamp.nanos / 1_000_000_000n) - 1;
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}

interface Anchor {
  readonly at: number;
  readonly stamp: LineStamp;
}

/** The first of the last lines that have one time. */
function anchorOf(kept: Buffer): Anchor | null {
  let anchor: Anchor | null = null;
  for (const { at } of linesIn(kept)) {
    const stamp = stampAt(kept, at);
    if (stamp !== null && stamp.text !== anchor?.stamp.text) anchor = { at, stamp };
  }
  return anchor;
}

/** Whatever the node sends first is from before the end of what is kept, or it was kept already, or something is missing. */
function withoutAnchor(answer: Buffer, kept: Buffer, last: LineStamp): Resumption {
  for (const { at, end } of linesIn(answer)) {
    const line = answer.subarray(at, end);
    const stamp = stampAt(answer, at);
    if (stamp === null) continue;
    if (!endsLine(line) || stamp.nanos < last.nanos || lineAt(kept, line) >= 0) return { kind: 'wait' };
    return { kind: 'lost', at, lastTime: last.text };
  }
  return { kind: 'wait' };
}

/** Where `lines` stand in `bytes`, at the beginning of a line; -1: nowhere. */
function lineAt(bytes: Buffer, lines: Buffer): number {
  for (let at = bytes.indexOf(lines); at >= 0; at = bytes.indexOf(lines, at + 1))
    if (at === 0 || bytes[at - 1] === 0x0a) return at;
  return -1;
}
