import type { ForkInput } from '../contracts/fork.ts';
import type { SpecChange } from '../contracts/repair.ts';
import type { RunInput, RunSpec } from '../contracts/run-spec.ts';

/** Turns what a person wrote into the complete specification of a run. */
export interface SpecResolver {
  /**
   * Defaults ← preset ← input, checked against the platform.
   * @throws AdapterError `InvalidSpec`: its message lists every wrong field as `path: what was found; what is allowed`.
   */
  resolve(input: RunInput | ForkInput): RunSpec;
  /** The fork that an input asks for, complete; null: it is no fork but an input of its own. @throws AdapterError `InvalidSpec` */
  parseFork(input: unknown): ForkOrder | null;
  /**
   * A complete spec with some fields changed, checked as a whole; what the spec does not say yet gets its default.
   * @throws AdapterError `InvalidSpec`, as `resolve`
   */
  amend(spec: RunSpec, change: SpecChange): RunSpec;
}

export interface ForkOrder extends Required<ForkInput> {
  readonly fork: Required<ForkInput['fork']>;
}
