import type { GenerateRequest } from '../../contracts/inference.ts';
import type { PromptTask } from '../../contracts/expectation.ts';
import type { SmokeReport, SmokeTestRequest } from '../../contracts/serving.ts';
import type { ServingReplica } from '../../ports/serving-replica.ts';
import { measureAnswer } from './measure-answer.ts';
import type { SmokeAttempt } from './smoke-report.ts';
import { buildSmokeReport } from './smoke-report.ts';

export interface SmokeTestContext {
  /** Triton's name of the model under test: its candidate name, until it has passed. */
  readonly modelName: string;
  /** No further request is sent once it is aborted. */
  readonly signal: AbortSignal;
}

/** No answer within this is a failed request, whatever the SLA. */
const requestTimeoutMs = 60_000;

/**
 * Asks one version of a model each prompt, unary and streaming, `repeats` times, one request at a time, after warm-up requests that do
 * not count. Ends early once more requests have failed than the error rate allows. Never throws for what the model does: that is in
 * the report; the signal's reason ends it.
 */
export async function runSmokeTest(
  replica: ServingReplica,
  request: SmokeTestRequest,
  context: SmokeTestContext,
): Promise<SmokeReport> {
  const planned = plannedAttempts(request);
  await warmUp(replica, request, context);
  const attempts: SmokeAttempt[] = [];
  const allowedFailures = Math.floor(request.spec.sla.maxErrorRate * planned.length);
  for (const attempt of planned) {
    context.signal.throwIfAborted();
    attempts.push(await attemptOnce(replica, attempt, generateRequest(request, context, attempt)));
    if (attempts.filter(({ outcome }) => outcome.kind === 'failed').length > allowedFailures) break;
  }
  return buildSmokeReport(request.version, request.spec, attempts);
}

type Planned = Omit<SmokeAttempt, 'outcome'>;

function plannedAttempts({ spec }: SmokeTestRequest): readonly Planned[] {
  const once = spec.prompts.flatMap((task: PromptTask) => [
    { ...task, isStreamed: false },
    { ...task, isStreamed: true },
  ]);
  return Array.from({ length: spec.repeats }, () => once).flat();
}

async function warmUp(replica: ServingReplica, request: SmokeTestRequest, context: SmokeTestContext): Promise<void> {
  const [first] = plannedAttempts(request);
  if (first === undefined) return;
  for (let sent = 0; sent < request.spec.warmupRequests; sent += 1) {
    context.signal.throwIfAborted();
    await attemptOnce(replica, first, generateRequest(request, context, { ...first, isStreamed: sent % 2 === 1 }));
  }
}

async function attemptOnce(replica: ServingReplica, planned: Planned, request: GenerateRequest): Promise<SmokeAttempt> {
  try {
    return { ...planned, outcome: { kind: 'answered', answer: await measureAnswer(replica, request) } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...planned, outcome: { kind: 'failed', reason } };
  }
}

function generateRequest(
  { version, spec }: SmokeTestRequest,
  { modelName }: SmokeTestContext,
  { prompt, isStreamed }: Planned,
): GenerateRequest {
  return {
    modelName,
    version,
    prompt,
    maxTokens: spec.maxNewTokens,
    temperature: 0,
    stream: isStreamed,
    timeoutMs: requestTimeoutMs,
  };
}
