/** What Temporal knows of runs. Failures are `AdapterError`s: `Unavailable`. */
export interface RunLookup {
  /** Whether the newest execution of that workflow id still runs; a run that was reset does, one that Temporal has forgotten does not. */
  isOpen(runId: string): Promise<boolean>;
}
