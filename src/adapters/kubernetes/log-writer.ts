import type { Metrics } from '../../ports/metrics.ts';
import type { LogArchive, LogEnd } from './log-archive.ts';
import { endsLine, pieceOf, withoutStamps } from './log-lines.ts';
import { resumptionIn } from './log-resumption.ts';

/** Of one object of the store. */
export const maxPieceBytes = 1 << 20;
const lostLines = 'lines are missing here: the node had put them away';

/** Carries one answer of a node, from its first byte, into the archive. */
export interface LogWriter {
  accept(bytes: Buffer): void;
  /** Says something in the log itself, on a line of its own. */
  note(text: string): void;
  /**
   * Keeps the whole lines that have come; with `isAll` also what stands behind the last of them.
   * @returns false where somebody else has kept what comes next: all has to be asked for again
   */
  store(isAll?: boolean): Promise<boolean>;
  /** What has come and is not kept, at its offset in the log of the job. */
  unstored(): { readonly offset: number; readonly bytes: Buffer };
  readonly waitingBytes: number;
}

export function createLogWriter(archive: LogArchive, from: LogEnd, metrics: Metrics): LogWriter {
  let end = from;
  /** Null: where the answer goes on from what is kept is known. */
  let unplaced: Buffer | null = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let storing: Promise<boolean> = Promise.resolve(true);
  /** Places where lines are missing, as noted in what waits. */
  let gaps = 0;

  async function storeAll(isAll: boolean): Promise<boolean> {
    for (;;) {
      const bytes = Buffer.concat(waiting);
      waiting = [bytes];
      const whole = pieceOf(bytes, maxPieceBytes);
      const piece = whole.length === 0 && isAll ? bytes : whole;
      if (piece.length === 0) return true;
      const next = await archive.append(end, piece);
      if (next === null) return false;
      end = next;
      metrics.count('windlass_log_bytes_total', {}, piece.length);
      metrics.count('windlass_log_gaps_total', {}, gaps);
      gaps = 0;
      waiting = [Buffer.concat(waiting).subarray(piece.length)];
    }
  }

  return {
    accept: (bytes) => {
      if (unplaced === null) return void waiting.push(bytes);
      unplaced = Buffer.concat([unplaced, bytes]);
      const placed = placedAfter(unplaced, end.kept);
      if (placed === null) return;
      waiting = [placed.bytes];
      if (placed.isGap) gaps += 1;
      unplaced = null;
    },
    note: (text) => {
      waiting.push(noteAfter(end.kept, new Date().toISOString(), text));
      gaps += 1;
    },
    store: async (isAll = false) => {
      storing = storing.then(
        async (isOurs) => isOurs && storeAll(isAll),
        async () => storeAll(isAll),
      );
      return storing;
    },
    unstored: () => ({
      offset: end.base + end.offset,
      bytes: withoutStamps(Buffer.concat(waiting), !endsLine(end.kept)),
    }),
    get waitingBytes() {
      return waiting.reduce((sum, { length }) => sum + length, 0);
    },
  };
}

/** What of an answer comes after what is kept, with a line that says so where lines are missing; null: it cannot be told yet. */
function placedAfter(answer: Buffer, kept: Buffer): { readonly bytes: Buffer; readonly isGap: boolean } | null {
  const resumption = resumptionIn(answer, kept);
  const rest = (at: number): Buffer => answer.subarray(at);
  switch (resumption.kind) {
    case 'wait':
      return null;
    case 'from':
      return { bytes: rest(resumption.at), isGap: false };
    case 'lost': {
      const note = noteAfter(kept, resumption.lastTime, lostLines);
      return { bytes: Buffer.concat([note, rest(resumption.at)]), isGap: true };
    }
  }
}

/** At the time of the line before it, it is none of the lines by which the place is found again. */
function noteAfter(kept: Buffer, time: string, text: string): Buffer {
  return Buffer.from(`${endsLine(kept) ? '' : '\n'}${time} windlass: ${text}\n`);
}
