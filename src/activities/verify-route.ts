import type { GenerateChunk } from '../contracts/inference.ts';
import type { TargetModel } from '../contracts/serving.ts';
import { AdapterError } from '../adapters/errors.ts';
import type { ServingReplica } from '../ports/serving-replica.ts';

export interface VerifyRoute extends TargetModel {
  readonly version: number;
  readonly prompt: string;
}

const timeoutMs = 30_000;
const maxTokens = 4;

/**
 * Asks as users do, without a version, right after a switch.
 * @throws AdapterError `VerificationFailed` when another version answers, or nothing; `Unavailable` when the server was restarted meanwhile
 */
export async function verifyRoute(replica: ServingReplica, request: VerifyRoute): Promise<void> {
  const { answered, tokens } = await askOnce(replica, request);
  if (answered === request.version && tokens > 0) return;
  throw new AdapterError(
    'VerificationFailed',
    `replica ${replica.name}: version ${answered ?? 'none'} answered ${tokens} tokens where version ${request.version} should`,
    { system: 'triton' },
  );
}

async function askOnce(
  replica: ServingReplica,
  { model, prompt }: VerifyRoute,
): Promise<{ readonly answered: number | null; readonly tokens: number }> {
  const request = { modelName: model, prompt, maxTokens, temperature: 0, timeoutMs };
  let last: GenerateChunk | null = null;
  try {
    for await (const chunk of replica.generate({ ...request, stream: true })) last = chunk;
  } catch (error) {
    throw isNotFound(error) ? restarted(replica, model, error) : error;
  }
  return { answered: last?.modelVersion ?? null, tokens: last?.tokenCount ?? 0 };
}

function isNotFound(error: unknown): boolean {
  return error instanceof AdapterError && error.failure === 'NotFound';
}

/** The model was shown a moment ago: its server has started again since, and loads what it served. */
function restarted(replica: ServingReplica, model: string, cause: unknown): AdapterError {
  const message = `replica ${replica.name} does not know ${model}, which it served a moment ago: it was restarted and loads it again`;
  return new AdapterError('Unavailable', message, { system: 'triton', cause });
}
