import type { Expectation } from '../../contracts/expectation.ts';
import type { SmokeTestSpec } from '../../contracts/run-spec.ts';
import type { SmokeReport } from '../../contracts/serving.ts';
import { expectationViolation } from './expectations.ts';
import type { MeasuredAnswer } from './measure-answer.ts';
import { percentilesOf } from './percentiles.ts';
import type { SmokeFigures } from './sla.ts';
import { slaViolations } from './sla.ts';

/** A request of the smoke test with what came of it. */
export interface SmokeAttempt {
  readonly prompt: string;
  readonly expect: readonly Expectation[];
  readonly isStreamed: boolean;
  readonly outcome:
    | { readonly kind: 'answered'; readonly answer: MeasuredAnswer }
    | { readonly kind: 'failed'; readonly reason: string };
}

interface Answered extends SmokeAttempt {
  readonly outcome: Extract<SmokeAttempt['outcome'], { kind: 'answered' }>;
}

const shownViolations = 20;

/** Turns attempts into figures and words. Time to first token and between tokens come from the streamed requests only. */
export function buildSmokeReport(version: number, spec: SmokeTestSpec, attempts: readonly SmokeAttempt[]): SmokeReport {
  const answered = attempts.filter((attempt): attempt is Answered => attempt.outcome.kind === 'answered');
  const figures = figuresOf(version, attempts, answered);
  const violations = [
    ...slaViolations(figures, spec.sla),
    ...(figures.errorRate > spec.sla.maxErrorRate ? attempts.flatMap(failureOf) : []),
    ...answered.flatMap((attempt) => answerViolations(version, attempt)),
  ];
  return { ...figures, violations: shortened([...new Set(violations)]) };
}

function figuresOf(version: number, attempts: readonly SmokeAttempt[], answered: readonly Answered[]): SmokeFigures {
  const answers = answered.map(({ outcome }) => outcome.answer);
  const streamed = answered.filter(({ isStreamed }) => isStreamed).map(({ outcome }) => outcome.answer);
  const failedRequests = attempts.length - answered.length;
  const [first] = answered;
  return {
    version,
    requests: attempts.length,
    failedRequests,
    errorRate: attempts.length === 0 ? 0 : failedRequests / attempts.length,
    timeToFirstTokenMs: percentilesOf(streamed.map((answer) => answer.timeToFirstTokenMs)),
    interTokenMs: percentilesOf(streamed.filter(({ tokens }) => tokens > 1).map(interTokenMs)),
    totalMs: percentilesOf(answers.map((answer) => answer.totalMs)),
    answerPerplexity: perplexityOf(answers),
    sample: first === undefined ? null : { prompt: first.prompt, answer: first.outcome.answer.text },
  };
}

/** (total − time to first token) / (tokens − 1), as AIPerf defines it. */
function interTokenMs({ totalMs, timeToFirstTokenMs, tokens }: MeasuredAnswer): number {
  return (totalMs - timeToFirstTokenMs) / (tokens - 1);
}

/** exp(−Σ log-probability / Σ tokens); null without tokens, or when the engine's numbers are not finite. */
function perplexityOf(answers: readonly MeasuredAnswer[]): number | null {
  const tokens = answers.reduce((sum, answer) => sum + answer.tokens, 0);
  const logProbs = answers.reduce((sum, answer) => sum + answer.cumLogProbs, 0);
  const perplexity = Math.exp(-logProbs / tokens);
  return Number.isFinite(perplexity) ? perplexity : null;
}

/** The reasons themselves: the rate alone helps nobody. */
function failureOf({ prompt, isStreamed, outcome }: SmokeAttempt): readonly string[] {
  return outcome.kind === 'failed' ? [`${requestName(prompt, isStreamed)} failed: ${outcome.reason}`] : [];
}

function answerViolations(version: number, { prompt, expect, isStreamed, outcome }: Answered): readonly string[] {
  const { answer } = outcome;
  const others = answer.versions.filter((found) => found !== version);
  const found = [
    others.length === 0 ? null : `version ${others.join(', ')} answered instead of version ${version}`,
    answer.tokens > 0 ? null : 'the answer has no tokens',
    answer.finishReason === '' ? 'the answer has no finish reason' : null,
    ...expect.map((expectation) => expectationViolation(expectation, answer.text)),
  ];
  return found.filter((text) => text !== null).map((text) => `${requestName(prompt, isStreamed)}: ${text}`);
}

function requestName(prompt: string, isStreamed: boolean): string {
  return `${isStreamed ? 'streamed' : 'unary'} request ${JSON.stringify(prompt.length > 60 ? `${prompt.slice(0, 60)}…` : prompt)}`;
}

function shortened(violations: readonly string[]): readonly string[] {
  if (violations.length <= shownViolations) return violations;
  return [...violations.slice(0, shownViolations), `and ${violations.length - shownViolations} more`];
}
