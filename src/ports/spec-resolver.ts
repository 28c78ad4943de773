import type { RunInput, RunSpec } from '../contracts/run-spec.ts';

/** Turns what a person wrote into the complete specification of a run. */
export interface SpecResolver {
  /**
   * Defaults ← preset ← input, checked against the platform.
   * @throws AdapterError `InvalidSpec`: its message lists every wrong field as `path: what was found; what is allowed`.
   */
  resolve(input: RunInput): RunSpec;
}
