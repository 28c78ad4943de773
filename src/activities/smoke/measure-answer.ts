import type { GenerateRequest } from '../../contracts/inference.ts';
import type { ServingReplica } from '../../ports/serving-replica.ts';

/** One answer as a user would have seen it come. */
export interface MeasuredAnswer {
  readonly text: string;
  readonly tokens: number;
  readonly cumLogProbs: number;
  /** Every version that answered a part; one, where all is well. */
  readonly versions: readonly number[];
  readonly finishReason: string;
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
}

/** Asks and measures; fails as the replica fails. */
export async function measureAnswer(replica: ServingReplica, request: GenerateRequest): Promise<MeasuredAnswer> {
  const sentMs = performance.now();
  const versions = new Set<number>();
  let answer = { text: '', tokens: 0, cumLogProbs: 0, finishReason: '' };
  let firstMs: number | null = null;
  for await (const chunk of replica.generate(request)) {
    if (chunk.text !== '') firstMs ??= performance.now();
    versions.add(chunk.modelVersion);
    answer = {
      text: answer.text + chunk.text,
      tokens: chunk.tokenCount,
      cumLogProbs: chunk.cumLogProbs,
      finishReason: chunk.finishReason,
    };
  }
  const totalMs = performance.now() - sentMs;
  return {
    ...answer,
    versions: [...versions],
    timeToFirstTokenMs: firstMs === null ? totalMs : firstMs - sentMs,
    totalMs,
  };
}
