import type { RepairOrder, SpecChange } from '../contracts/repair.ts';
import type { TargetModel } from '../contracts/serving.ts';
import type { StageName } from '../contracts/stage.ts';

export interface DeployRequest extends TargetModel {
  readonly version: number;
  readonly requester?: string;
}

export interface RollbackRequest extends TargetModel {
  /** Version to go back to; absent: what was live before. */
  readonly to?: number;
  readonly requester?: string;
}

/** Who repairs is filled in with the operating system's user. */
export type RetryRequest = Omit<RepairOrder, 'by'> & { readonly by?: string };

export interface ForkRequest {
  /** The first stage that is not taken from the other run. */
  readonly from: StageName;
  /** Fields of that stage and of what comes after it, by their paths. */
  readonly set?: SpecChange;
  readonly requester?: string;
  readonly runId?: string;
}

export interface ImportRequest {
  /** Directory, `.gguf` file, `hf://repo@revision` or `package:<name>`; paths as the job's machine sees them. */
  readonly source: string;
  readonly name: string;
}
