import type { JobHandle } from '../contracts/job.ts';
import type { JobRunner, LogKeepingOptions } from '../ports/job-runner.ts';

/** Keeping the log of a job while it runs. Both may be called again; neither fails, for a lost log fails no stage. */
export interface LogKeeping {
  start(): void;
  /** Returns when what has come is kept. */
  stop(): Promise<void>;
}

export function createLogKeeping(
  runner: Pick<JobRunner, 'keepLog'>,
  handle: JobHandle,
  onTrouble: LogKeepingOptions['onTrouble'],
): LogKeeping {
  let kept: { readonly stopping: AbortController; readonly done: Promise<void> } | null = null;
  return {
    start: () => {
      if (kept !== null) return;
      const stopping = new AbortController();
      const done = runner.keepLog(handle, { signal: stopping.signal, onTrouble });
      kept = { stopping, done: done.catch((error: unknown) => onTrouble(String(error))) };
    },
    stop: async () => {
      kept?.stopping.abort();
      await kept?.done;
      kept = null;
    },
  };
}
