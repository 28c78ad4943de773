import type { ApprovalRecord, ApprovalRequest } from './approval.ts';
import type { Artifact } from './artifact.ts';
import type { EvaluationSummary } from './evaluation.ts';
import type { Failure } from './failures.ts';
import type { ForkOrigin } from './fork.ts';
import type { Attention, RepairRecord } from './repair.ts';
import type { SmokeReport } from './serving.ts';
import type { StageName } from './stage.ts';

export type StageState = 'waiting' | 'running' | 'done' | 'reused' | 'failed' | 'skipped';

export interface StageStatus {
  readonly stage: StageName;
  readonly state: StageState;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly durationMs?: number;
  readonly artifact?: Artifact;
  readonly attempts?: number;
  /** Name of the job that runs or ran it, for `windlass logs`. */
  readonly job?: string;
  /** One line for people. */
  readonly note?: string;
}

export type RunPhase =
  | 'resolving'
  | 'running'
  | 'needs-attention'
  | 'awaiting-approval'
  | 'deploying'
  | 'released'
  | 'rejected'
  | 'failed'
  | 'cancelled'
  /** Ended by force: the workflow cannot say so itself, whoever asks Temporal learns it. */
  | 'terminated';

const endedPhases: ReadonlySet<RunPhase> = new Set(['released', 'rejected', 'failed', 'cancelled', 'terminated']);

export function isEnded({ phase }: Pick<RunStatus, 'phase'>): boolean {
  return endedPhases.has(phase);
}

/** What the query `status` answers; everything the UI, the CLI and the client show comes from it. */
export interface RunStatus {
  readonly runId: string;
  readonly model: string;
  readonly target: string | null;
  readonly requester: string | null;
  readonly phase: RunPhase;
  readonly fork: ForkOrigin | null;
  readonly stages: readonly StageStatus[];
  /** Allocated after training. */
  readonly version: number | null;
  /** While the run is parked: phase `needs-attention`. */
  readonly attention: Attention | null;
  /** Every repair of the run, oldest first. */
  readonly repairs: readonly RepairRecord[];
  readonly approval: ApprovalRequest | null;
  readonly decision: ApprovalRecord | null;
  readonly evaluation: EvaluationSummary | null;
  readonly smoke: SmokeReport | null;
  readonly failure: Failure | null;
  /** Where a cancelled run stopped: `in train`, `while it waited for a decision`, `after evaluate`; null: it was not cancelled. */
  readonly stopped: string | null;
  readonly links: Readonly<Record<string, string>>;
}

/** What `llmPipeline` returns: small, and rich in links. */
export interface RunResult {
  readonly runId: string;
  readonly model: string;
  readonly version: number;
  readonly target: string;
  readonly engine: Artifact;
  readonly evaluation: EvaluationSummary;
  readonly smoke: SmokeReport | null;
  readonly stages: readonly StageStatus[];
  readonly links: Readonly<Record<string, string>>;
}
