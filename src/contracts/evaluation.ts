/** How an evaluation ends: `inconclusive` is a person's decision, never a silent pass. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface EngineScores {
  readonly perplexity: number;
  readonly tokensPerSecond: number | null;
  readonly taskPassRate: number | null;
}

/** The summary of an evaluate job (docs/job-contract.md); the whole is `report.json` and `report.html` of the artifact. */
export interface EvaluationSummary {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly candidate: EngineScores;
  readonly base: EngineScores | null;
  readonly incumbent: EngineScores | null;
  readonly comparison: {
    readonly against: string;
    /** Mean difference of log-likelihood per token, candidate − other, with its interval. */
    readonly meanDelta: number;
    readonly low: number;
    readonly high: number;
    readonly items: number;
  } | null;
}
