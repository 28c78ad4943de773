import type { SmokeTestSpec } from '../../contracts/run-spec.ts';
import type { SmokeReport } from '../../contracts/serving.ts';

export type SmokeFigures = Omit<SmokeReport, 'violations'>;

/** Which figure missed which bound, in words; empty: all are met. */
export function slaViolations(figures: SmokeFigures, sla: SmokeTestSpec['sla']): readonly string[] {
  return [
    errorRateViolation(figures, sla.maxErrorRate),
    latencyViolation('time to first token', figures.timeToFirstTokenMs.p95, sla.ttftP95Ms),
    latencyViolation('inter-token time', figures.interTokenMs.p95, sla.interTokenP95Ms),
    latencyViolation('total time', figures.totalMs.p95, sla.totalP95Ms),
    perplexityViolation(figures, sla.maxAnswerPerplexity),
  ].filter((violation) => violation !== null);
}

function errorRateViolation({ errorRate, failedRequests, requests }: SmokeFigures, bound: number): string | null {
  if (requests === 0) return 'no request was sent: the smoke test has no prompts';
  if (errorRate <= bound) return null;
  return `error rate ${percent(errorRate)} (${failedRequests} of ${requests} requests) is over the bound of ${percent(bound)}`;
}

function latencyViolation(name: string, p95Ms: number, boundMs: number | null): string | null {
  if (boundMs === null || p95Ms <= boundMs) return null;
  return `${name} p95 ${Math.round(p95Ms)} ms is over the bound of ${boundMs} ms`;
}

function perplexityViolation(
  { answerPerplexity, failedRequests, requests }: SmokeFigures,
  bound: number | null,
): string | null {
  if (bound === null || failedRequests === requests) return null;
  if (answerPerplexity === null) return `answer perplexity is not a finite number, the bound is ${bound}`;
  return answerPerplexity <= bound
    ? null
    : `answer perplexity ${answerPerplexity.toFixed(2)} is over the bound of ${bound}`;
}

function percent(rate: number): string {
  return `${Math.round(rate * 1000) / 10} %`;
}
