import type { ArtifactRef, Digest } from './artifact.ts';
import type { ForkOrigin } from './fork.ts';
import type { PromptTask } from './expectation.ts';
import type { RepairSpec } from './repair.ts';
import type { JobStageName, StageName } from './stage.ts';

/**
 * What a person or a service hands to `llmPipeline`: every field but `model` has a default, a preset of the platform file fills in
 * more, and unknown fields are refused. The exact shape with all ranges is the zod schema in `src/adapters/platform/run-input.ts`,
 * shipped as `schemas/run-input.schema.json`.
 */
export interface RunInput {
  readonly model: string;
  readonly preset?: string;
  readonly [field: string]: unknown;
}

/** The complete, checked form of a run input: no defaults are left to fill in anywhere behind it. */
export interface RunSpec {
  readonly apiVersion: 'windlass/v1';
  readonly model: string;
  readonly preset: string | null;
  readonly requester: string;
  readonly baseModel: string | null;
  readonly runtime: RuntimeName;
  readonly target: string;
  /** False: every job stage is done anew, whatever other runs have done or do. */
  readonly reuse: boolean;
  readonly data: DataSpec;
  readonly train: TrainSpec;
  readonly build: BuildSpec;
  readonly evaluate: EvaluateSpec;
  readonly repair: RepairSpec;
  readonly approval: ApprovalSpec;
  readonly deploy: DeploySpec;
  readonly smokeTest: SmokeTestSpec;
  readonly timeouts: StageTimeouts;
  /** Absent in runs that began before there was any. */
  readonly stallTimeouts?: StallTimeouts;
}

/** Seconds that a stage may take; waiting does not count. */
export type StageTimeouts = Readonly<Record<StageName, number>>;

/** Seconds that a job may run without a progress line; null: for ever. */
export type StallTimeouts = Readonly<Record<JobStageName, number | null>>;

/** How a checkpoint becomes something Triton serves. */
export type RuntimeName = 'openvino';

export interface DataSpec {
  readonly kind: 'pairs' | 'text';
  readonly sources: readonly SourceSpec[];
  readonly clean: {
    readonly unicode: boolean;
    readonly exactDedup: boolean;
    readonly nearDedup: {
      readonly enabled: boolean;
      /** Jaccard similarity of word shingles from which two rows count as one. */
      readonly threshold: number;
      readonly shingleWords: number;
      readonly bands: number;
      readonly rows: number;
    };
    readonly minChars: number;
    readonly maxChars: number;
    readonly minAlphaRatio: number;
    readonly maxRepeatRatio: number;
  };
  readonly tokenize: { readonly maxTokens: number; readonly overlong: 'reject' | 'truncate' };
  readonly split: { readonly train: number; readonly validation: number; readonly test: number; readonly salt: string };
  readonly maxRows: number | null;
  readonly workers: number;
}

export interface SourceSpec {
  /** `file:///…` or `s3://bucket/…`; the last path segment may hold `*`. */
  readonly uri: string;
  readonly format: SourceFormat;
  readonly fields: Readonly<Record<string, string>>;
}

export type SourceFormat = 'jsonl' | 'parquet' | 'csv' | 'text';

/** A source as it stood when the run began; a job refuses bytes that differ. */
export interface PinnedSource extends SourceSpec {
  readonly files: readonly PinnedFile[];
}

/** A pinned source as it goes through a history: its list of files stands in the store, under the sha256 of its canonical JSON. */
export interface StoredSource extends SourceSpec {
  readonly filesDigest: Digest;
  readonly fileCount: number;
}

export interface PinnedFile {
  readonly uri: string;
  readonly size: number;
  /** Hex; always for `file:`, for S3 where no version id exists. */
  readonly sha256?: string;
  readonly versionId?: string;
  readonly etag?: string;
}

export interface TrainSpec {
  readonly method: 'none' | 'lora' | 'full' | 'scratch';
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly gradientClip: number;
  readonly seed: number;
  readonly threads: number;
  readonly maxTokens: number;
  readonly lora: { readonly rank: number; readonly alpha: number; readonly dropout: number; readonly targets: string };
  readonly scratch: {
    readonly vocabSize: number;
    readonly hiddenSize: number;
    readonly layers: number;
    readonly heads: number;
    readonly intermediateSize: number;
  } | null;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  readonly validationItems: number;
  readonly divergence: { readonly maxLoss: number; readonly noProgressSteps: number };
}

export interface BuildSpec {
  readonly quantization: 'none' | 'int8' | 'int4';
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly parity: { readonly items: number; readonly maxPerplexityRatio: number };
}

export interface EvaluateSpec {
  readonly maxItems: number;
  readonly maxNewTokens: number;
  readonly sampleAnswers: number;
  readonly tasks: readonly PromptTask[];
  readonly floors: {
    readonly maxPerplexity: number | null;
    readonly minTokensPerSecond: number | null;
    readonly minTaskPassRate: number | null;
  };
  readonly compare: {
    readonly against: 'incumbent' | 'base' | 'none';
    /** Log-likelihood per token that the candidate may lose at most. */
    readonly margin: number;
    readonly confidence: number;
    readonly minItems: number;
    readonly resamples: number;
    readonly seed: number;
  };
}

export interface ApprovalSpec {
  /** True where the target or the input asks for it. */
  readonly required: boolean;
  /** The approver must not be the requester. */
  readonly fourEyes: boolean;
  readonly expiresSeconds: number;
}

/** Options that are chosen when an engine is deployed, written beside it as `serving.json`. */
export interface ServingOptions {
  readonly maxNewTokens: number;
  readonly cacheSizeGb: number;
  readonly maxConcurrent: number;
  readonly threads: number;
}

export interface DeploySpec {
  readonly serving: ServingOptions;
  /** Versions that stay resident and published after the live one, for an instant rollback. */
  readonly keepVersions: number;
}

export interface SmokeTestSpec {
  readonly prompts: readonly PromptTask[];
  readonly maxNewTokens: number;
  /** Requests that are sent first and not counted. */
  readonly warmupRequests: number;
  /** Times each prompt is asked, unary and streaming alike. */
  readonly repeats: number;
  /** Upper bounds; null is no bound. */
  readonly sla: {
    readonly ttftP95Ms: number | null;
    readonly interTokenP95Ms: number | null;
    readonly totalP95Ms: number | null;
    readonly maxErrorRate: number;
    /** Perplexity of the model's own answers. */
    readonly maxAnswerPerplexity: number | null;
  };
}

/** What `resolve` hands to the rest of a run. */
export interface ResolvedRun {
  readonly spec: RunSpec;
  /** Where the resolved spec is stored, and its digest. */
  readonly specUri: string;
  readonly specDigest: string;
  readonly sources: readonly StoredSource[];
  readonly baseModel: ArtifactRef | null;
  /** sha256 over the code and the locked environment of the jobs. */
  readonly jobsDigest: string;
  /** Digests of earlier job code behind results of this run, the newest first. */
  readonly olderJobsDigests: readonly string[];
  /** Null: the run begins at its first stage. */
  readonly fork: ForkOrigin | null;
  readonly links: { readonly temporal: string | null };
}
