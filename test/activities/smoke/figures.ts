import type { SmokeAttempt } from '../../../src/activities/smoke/smoke-report.ts';
import type { MeasuredAnswer } from '../../../src/activities/smoke/measure-answer.ts';
import type { SmokeTestSpec } from '../../../src/contracts/run-spec.ts';

export const openSla: SmokeTestSpec['sla'] = {
  ttftP95Ms: null,
  interTokenP95Ms: null,
  totalP95Ms: null,
  maxErrorRate: 0,
  maxAnswerPerplexity: null,
};

export const spec: SmokeTestSpec = {
  prompts: [{ prompt: 'a b c', expect: [{ kind: 'non-empty' }] }],
  maxNewTokens: 8,
  warmupRequests: 1,
  repeats: 2,
  sla: openSla,
};

export function answered(answer: Partial<MeasuredAnswer> = {}, attempt: Partial<SmokeAttempt> = {}): SmokeAttempt {
  const whole = {
    text: 'a b c',
    tokens: 3,
    cumLogProbs: -1.5,
    versions: [7],
    finishReason: 'stop',
    timeToFirstTokenMs: 20,
    totalMs: 60,
    ...answer,
  };
  return { prompt: 'a b c', expect: [], isStreamed: true, outcome: { kind: 'answered', answer: whole }, ...attempt };
}

export function failed(reason: string): SmokeAttempt {
  return { prompt: 'a b c', expect: [], isStreamed: true, outcome: { kind: 'failed', reason } };
}
