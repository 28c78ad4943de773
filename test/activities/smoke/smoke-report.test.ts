import { expect, test } from 'vitest';
import { percentilesOf } from '../../../src/activities/smoke/percentiles.ts';
import { buildSmokeReport } from '../../../src/activities/smoke/smoke-report.ts';
import { answered, failed, openSla, spec } from './figures.ts';

test('percentiles are values that were measured, whatever their order', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentilesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
  expect(percentilesOf([3, 1, 2])).toEqual({ p50: 2, p95: 3, p99: 3 });
  expect(percentilesOf([])).toEqual({ p50: 0, p95: 0, p99: 0 });
});

test('time to first token and between tokens come from streamed answers, totals from all', () => {
  const unary = answered({ timeToFirstTokenMs: 500, totalMs: 500 }, { isStreamed: false });
  const report = buildSmokeReport(7, spec, [answered(), unary]);
  expect(report.timeToFirstTokenMs.p99).toBe(20);
  expect(report.interTokenMs.p99).toBe(20);
  expect(report.totalMs.p99).toBe(500);
});

test('answer perplexity is per token over all answers', () => {
  const report = buildSmokeReport(7, spec, [
    answered({ tokens: 1, cumLogProbs: -1 }),
    answered({ tokens: 3, cumLogProbs: -7 }),
  ]);
  expect(report.answerPerplexity).toBeCloseTo(Math.exp(2));
});

test('a sound model has no violations', () => {
  expect(buildSmokeReport(7, spec, [answered(), answered()])).toMatchObject({
    requests: 2,
    errorRate: 0,
    violations: [],
  });
});

test.each([
  ['another version answers', answered({ versions: [6] }), 'version 6 answered instead of version 7'],
  ['two versions answer', answered({ versions: [7, 6] }), 'version 6 answered instead of version 7'],
  ['no token comes', answered({ tokens: 0 }), 'the answer has no tokens'],
  ['an answer breaks off', answered({ finishReason: '' }), 'the answer has no finish reason'],
  [
    'a rule is broken',
    answered({}, { expect: [{ kind: 'contains', text: 'z', ignoreCase: false }] }),
    'does not contain "z"',
  ],
])('it is a violation when %s', (_name, attempt, violation) => {
  const { violations } = buildSmokeReport(7, spec, [attempt]);
  expect(violations).toEqual([expect.stringContaining(violation)]);
});

test.each([
  ['ttftP95Ms', 'time to first token p95 20 ms is over the bound of 1 ms'],
  ['interTokenP95Ms', 'inter-token time p95 20 ms is over the bound of 1 ms'],
  ['totalP95Ms', 'total time p95 60 ms is over the bound of 1 ms'],
  ['maxAnswerPerplexity', 'answer perplexity 1.65 is over the bound of 1'],
])('a missed bound %s is named with figure and bound', (bound, violation) => {
  const { violations } = buildSmokeReport(7, { ...spec, sla: { ...openSla, [bound]: 1 } }, [answered()]);
  expect(violations).toEqual([violation]);
});

test('a bound that is just met is met', () => {
  const sla = { ...openSla, ttftP95Ms: 20, interTokenP95Ms: 20, totalP95Ms: 60 };
  expect(buildSmokeReport(7, { ...spec, sla }, [answered()]).violations).toEqual([]);
});

test('failed requests over the allowed rate are violations with their reasons, below it none', () => {
  const attempts = [failed('out of memory'), answered(), answered(), answered()];
  expect(buildSmokeReport(7, spec, attempts).violations).toEqual([
    'error rate 25 % (1 of 4 requests) is over the bound of 0 %',
    'streamed request "a b c" failed: out of memory',
  ]);
  expect(buildSmokeReport(7, { ...spec, sla: { ...openSla, maxErrorRate: 0.25 } }, attempts).violations).toEqual([]);
});

test('a perplexity that is no number misses its bound, and the report is still JSON', () => {
  const report = buildSmokeReport(7, { ...spec, sla: { ...openSla, maxAnswerPerplexity: 10 } }, [
    answered({ cumLogProbs: Number.NaN }),
  ]);
  expect(report.answerPerplexity).toBeNull();
  expect(report.violations).toEqual(['answer perplexity is not a finite number, the bound is 10']);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('no request at all is a violation', () => {
  expect(buildSmokeReport(7, spec, []).violations).toEqual(['no request was sent: the smoke test has no prompts']);
});

test('many violations are cut short', () => {
  const attempts = Array.from({ length: 50 }, (_, index) => answered({ tokens: 0 }, { prompt: `prompt ${index}` }));
  const { violations } = buildSmokeReport(7, spec, attempts);
  expect(violations).toHaveLength(21);
  expect(violations.at(-1)).toBe('and 30 more');
});
