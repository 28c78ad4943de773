import { setTimeout as delay } from 'node:timers/promises';
import type { ServerState } from '../contracts/stack-state.ts';
import { failedAfter, restartDelayMs } from './backoff.ts';
import type { ServerProcess } from './server-process.ts';
import type { ServerSpec } from './server-spec.ts';

/** A first start on a busy machine: MLflow alone may take most of a minute. */
const readyTimeoutMs = 180_000;
/** A server that ran this long counts as well again: its next crash begins a new row of failures. */
const steadyAfterMs = 60_000;

/** What a supervised server needs of the world. */
export interface ServerSurroundings {
  readonly launch: (spec: ServerSpec) => Promise<ServerProcess>;
  readonly waitUntilReady: (spec: ServerSpec, started: ServerProcess, signal: AbortSignal) => Promise<void>;
  /** Ends every process of the server that is left, its helpers included. */
  readonly sweep: (spec: ServerSpec) => Promise<void>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>) => void;
  readonly changed: () => void;
}

/** Keeps one server running: starts it, waits until it is ready, starts it again when it ends, until it is stopped. */
export class SupervisedServer {
  readonly spec: ServerSpec;
  /** Resolves at the first readiness. */
  readonly ready: Promise<void>;
  #state: Omit<ServerState, 'name' | 'logFile'> = { phase: 'waiting', process: null, restarts: 0, readyMs: null };
  #failuresInRow = 0;
  readonly #surroundings: ServerSurroundings;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #markReady: () => void = () => undefined;

  constructor(spec: ServerSpec, surroundings: ServerSurroundings) {
    this.spec = spec;
    this.#surroundings = surroundings;
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  get state(): Omit<ServerState, 'name' | 'logFile'> {
    return this.#state;
  }

  start(dependencies: readonly Promise<void>[]): void {
    this.#loop = this.#run(dependencies);
  }

  /** Ends the server and everything it left; it is not started again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#surroundings.sweep(this.spec);
    await this.#loop;
    this.#change({ phase: 'stopped', process: null });
  }

  async #run(dependencies: readonly Promise<void>[]): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.race([Promise.all(dependencies), aborted(signal)]);
    while (!signal.aborted) {
      const end = await this.#liveOnce();
      if (signal.aborted) return;
      await this.#recover(end);
    }
  }

  /** One life, from start to end; returns how it ended, in words. */
  async #liveOnce(): Promise<string> {
    const startMs = Date.now();
    this.#change({ phase: 'starting', process: null, readyMs: null });
    try {
      const started = await this.#surroundings.launch(this.spec);
      this.#change({ process: started.identity });
      await this.#becomeReady(started, startMs);
      return await started.ended;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      if (this.#state.readyMs !== null && Date.now() - startMs > steadyAfterMs) this.#failuresInRow = 0;
    }
  }

  async #becomeReady(started: ServerProcess, startMs: number): Promise<void> {
    const gone = new AbortController();
    void started.ended.then((end) => gone.abort(new Error(`it ended before it was ready: ${end}`)));
    const late = AbortSignal.timeout(readyTimeoutMs);
    const signal = AbortSignal.any([gone.signal, late, this.#stopping.signal]);
    await this.#surroundings.waitUntilReady(this.spec, started, signal).catch((error: unknown) => {
      throw signal.aborted ? (signal.reason as unknown) : error;
    });
    const readyMs = Date.now() - startMs;
    this.#change({ phase: 'ready', readyMs });
    this.#surroundings.log('info', 'server ready', { server: this.spec.name, pid: started.identity.pid, readyMs });
    this.#markReady();
  }

  async #recover(end: string): Promise<void> {
    this.#failuresInRow += 1;
    const restarts = this.#state.restarts + 1;
    const delayMs = restartDelayMs(this.#failuresInRow);
    this.#change({
      phase: this.#failuresInRow >= failedAfter ? 'failed' : 'starting',
      process: null,
      readyMs: null,
      restarts,
    });
    this.#surroundings.log('warn', 'server ended and is started again', {
      server: this.spec.name,
      end,
      restarts,
      delayMs,
    });
    await this.#surroundings.sweep(this.spec);
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #change(change: Partial<Omit<ServerState, 'name' | 'logFile'>>): void {
    this.#state = { ...this.#state, ...change };
    this.#surroundings.changed();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
