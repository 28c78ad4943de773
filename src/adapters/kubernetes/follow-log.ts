import { setTimeout as sleep } from 'node:timers/promises';
import type { LogKeepingOptions } from '../../ports/job-runner.ts';
import type { PodLog } from './job-log.ts';
import { openWriter } from './job-log.ts';
import type { LogWriter } from './log-writer.ts';
import { maxPieceBytes } from './log-writer.ts';
import type { PodLogStream } from './pod-log-stream.ts';
import { secondOf } from './log-resumption.ts';

export interface LogFollowing {
  readonly log: PodLog;
  readonly stream: PodLogStream;
  /** Told who carries each answer. */
  readonly onWriter: (writer: LogWriter) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** Between pieces: soon at first, for somebody may watch; a job that runs for days must not leave a million objects. */
const shortestPieceMs = 1_000;
const longestPieceMs = 20_000;
/** Of the time for which a log has been followed. */
const pieceShare = 1 / 30;

/**
 * Carries the log of a running job into the archive until the signal. Nothing that goes wrong here is a failure, for no verdict hangs on a
 * log: it is told, and the log is asked for again, from where the archive ends.
 */
export async function followLog(following: LogFollowing, { signal, onTrouble }: LogKeepingOptions): Promise<void> {
  const sinceMs = Date.now();
  let told = '';
  const tell = (error: unknown): false => {
    const problem = String(error);
    if (problem !== told && !signal.aborted) onTrouble(problem);
    told = problem;
    return false;
  };
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    const hasRead = await followOnce(following, { signal, sinceMs }).catch(tell);
    if (hasRead) {
      pauseMs = firstPauseMs;
      told = '';
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

interface Reading {
  readonly signal: AbortSignal;
  readonly sinceMs: number;
}

/** One answer of the node. @returns whether anything came */
async function followOnce({ log, stream, onWriter }: LogFollowing, { signal, sinceMs }: Reading): Promise<boolean> {
  const opened = await openWriter(log);
  if (opened === null) return false;
  const { writer, end } = opened;
  onWriter(writer);
  const overtaken = new AbortController();
  const storing = storeRegularly(writer, { overtaken, sinceMs });
  let hasRead = false;
  try {
    const ending = AbortSignal.any([signal, overtaken.signal]);
    for await (const bytes of stream({ pod: end.source.pod, since: secondOf(end.kept), signal: ending })) {
      hasRead = true;
      writer.accept(bytes);
      if (writer.waitingBytes >= maxPieceBytes && !(await writer.store())) break;
    }
  } finally {
    overtaken.abort();
    await storing;
    await writer.store();
  }
  return hasRead;
}

/** Until the answer ends, which it also does when somebody else keeps the same log. */
async function storeRegularly(
  writer: LogWriter,
  { overtaken, sinceMs }: { readonly overtaken: AbortController; readonly sinceMs: number },
): Promise<void> {
  const { signal } = overtaken;
  while (!signal.aborted) {
    const pauseMs = Math.min(longestPieceMs, Math.max(shortestPieceMs, (Date.now() - sinceMs) * pieceShare));
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted && !(await writer.store().catch(() => true))) overtaken.abort();
  }
}
