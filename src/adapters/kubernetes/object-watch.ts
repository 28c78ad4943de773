import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Metrics } from '../../ports/metrics.ts';
import { AdapterError } from '../errors.ts';
import type { ApiStream } from './api-stream.ts';
import { listPages } from './list-pages.ts';
import { refusedStatus } from './to-adapter-error.ts';
import type { WatchEvent } from './watch-event.ts';
import { parseWatchEvent } from './watch-event.ts';
import type { WatchPulse, WatchTiming } from './watch-timing.ts';
import { watchDelayMs } from './watch-timing.ts';
import type { JobUidOf, WatchedObjects } from './watched-objects.ts';
import { afterEvent } from './watched-objects.ts';

const watchQuery = { watch: 'true', allowWatchBookmarks: 'true' } as const;

export interface ObjectWatchOptions<Item> {
  readonly stream: ApiStream;
  readonly timing: WatchTiming;
  readonly metrics: Metrics;
  /** Of what, for figures. */
  readonly resource: 'jobs' | 'pods';
  /** Of the list. */
  readonly path: string;
  readonly selector: string;
  readonly item: z.ZodType<Item>;
  readonly jobUidOf: JobUidOf<Item>;
  /** Called after each change is known. */
  readonly onChange: (jobUid: string) => void;
}

/** One list, kept true by a watch. */
export interface ObjectWatch<Item> {
  find(jobUid: string): readonly Item[];
  pulse(): WatchPulse;
  /** Watches until the signal is given, whatever breaks. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

interface WatchState<Item> {
  objects: WatchedObjects<Item>;
  heardMs: number | null;
  brokenMs: number | null;
  relistAtMs: number;
}

interface Identified {
  readonly metadata: { readonly uid: string };
}

export function createObjectWatch<Item extends Identified>(options: ObjectWatchOptions<Item>): ObjectWatch<Item> {
  const objects: WatchedObjects<Item> = { byJob: new Map(), resourceVersion: null };
  const state: WatchState<Item> = { objects, heardMs: null, brokenMs: null, relistAtMs: 0 };
  return {
    find: (jobUid) => state.objects.byJob.get(jobUid) ?? [],
    pulse: () => ({ heardMs: state.heardMs, brokenMs: state.brokenMs }),
    run: async (signal) => keepWatching(options, state, signal),
  };
}

/** Goes on from where it was; only a try that went well for a while ends the waiting, so that no server is hammered that breaks it off again. */
async function keepWatching<Item extends Identified>(
  options: ObjectWatchOptions<Item>,
  state: WatchState<Item>,
  signal: AbortSignal,
): Promise<void> {
  const { timing, metrics, resource } = options;
  const note = (error: unknown): void => {
    if (!signal.aborted) metrics.count('windlass_watch_breaks_total', { resource, reason: breakOf(error) });
    noteBreak(state, error);
  };
  for (let failures = 0; !signal.aborted;) {
    const beganMs = performance.now();
    await watchOnce(options, state, signal).catch(note);
    failures = performance.now() - beganMs >= timing.longestDelayMs ? 0 : failures + 1;
    await sleep(watchDelayMs(failures, timing), undefined, { ref: false, signal }).catch(() => {});
  }
}

async function watchOnce<Item extends Identified>(
  options: ObjectWatchOptions<Item>,
  state: WatchState<Item>,
  signal: AbortSignal,
): Promise<void> {
  if (state.objects.resourceVersion === null || isRelistDue(state)) await relist(options, state, signal);
  const query = { ...watchQuery, labelSelector: options.selector, ...positionOf(state) };
  for await (const line of linesOf(heard(state, options.stream({ path: options.path, query, signal })))) {
    noteEvent(options, state, parseWatchEvent(line, options.item));
    if (isRelistDue(state)) return;
  }
}

/** The server ends the watch when the next list is due. */
function positionOf({ objects, relistAtMs }: WatchState<unknown>): Readonly<Record<string, string>> {
  const timeoutSeconds = Math.max(1, Math.ceil((relistAtMs - performance.now()) / 1000));
  return { resourceVersion: objects.resourceVersion ?? '', timeoutSeconds: String(timeoutSeconds) };
}

function isRelistDue({ relistAtMs }: WatchState<unknown>): boolean {
  return performance.now() >= relistAtMs;
}

async function relist<Item extends Identified>(
  options: ObjectWatchOptions<Item>,
  state: WatchState<Item>,
  signal: AbortSignal,
): Promise<void> {
  const { stream, path, selector, item, timing, metrics, resource } = options;
  const get = async (query: Readonly<Record<string, string>>): Promise<string> =>
    (await Array.fromAsync(stream({ path, query, signal }))).join('');
  const listed = await listPages({ get, query: { labelSelector: selector }, item });
  metrics.count('windlass_watch_lists_total', { resource });
  state.heardMs = performance.now();
  state.relistAtMs = state.heardMs + timing.relistMs * (0.8 + Math.random() / 5);
  noteEvent(options, state, { kind: 'listed', ...listed });
}

function noteEvent<Item extends Identified>(
  { jobUidOf, onChange }: ObjectWatchOptions<Item>,
  state: WatchState<Item>,
  event: WatchEvent<Item>,
): void {
  const { byJob } = state.objects;
  state.objects = afterEvent(state.objects, event, jobUidOf);
  if (event.kind === 'changed' || event.kind === 'deleted') onChange(jobUidOf(event.item));
  if (event.kind !== 'listed') return;
  for (const jobUid of new Set([...byJob.keys(), ...state.objects.byJob.keys()])) onChange(jobUid);
}

/** What cannot be read, or from where the server does not go on, is listed anew; after anything else the watch goes on. */
function noteBreak(state: WatchState<unknown>, error: unknown): void {
  state.brokenMs ??= performance.now();
  if (breakOf(error) !== 'broken') state.objects = { ...state.objects, resourceVersion: null };
}

function breakOf(error: unknown): 'gone' | 'unreadable' | 'broken' {
  if (!(error instanceof AdapterError)) return 'unreadable';
  return refusedStatus(error) === 410 ? 'gone' : 'broken';
}

async function* heard(state: WatchState<unknown>, pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) {
    state.heardMs = performance.now();
    state.brokenMs = null;
    yield piece;
  }
}

/** A line that was not finished is none: its event comes again. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
