export interface GenerateRequest {
  /** Triton model name: the model or its candidate name. */
  readonly modelName: string;
  /** Absent: whatever is live. */
  readonly version?: number;
  readonly prompt: string;
  readonly maxTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  /** False: one chunk with the whole answer. */
  readonly stream: boolean;
  readonly timeoutMs: number;
}

export interface GenerateChunk {
  readonly text: string;
  /** Tokens so far. */
  readonly tokenCount: number;
  /** Sum of the log-probabilities of all tokens so far. */
  readonly cumLogProbs: number;
  /** Empty until the last chunk. */
  readonly finishReason: string;
  /** The version that answered. */
  readonly modelVersion: number;
}
