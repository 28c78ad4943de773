import type { RunMemo } from '../contracts/fork.ts';

/** Runs as Temporal keeps them: open, ended, or ended by force. Failures are `AdapterError`s: `Unavailable`. */
export interface RunArchive {
  /** What a run worked with. `unknown`: there is none of that id; `unresolved`: it never had a spec. */
  find(runId: string): Promise<RunMemo | 'unknown' | 'unresolved'>;
}
