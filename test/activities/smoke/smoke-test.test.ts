import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSmokeTest } from '../../../src/activities/smoke/smoke-test.ts';
import type { SmokeTestSpec } from '../../../src/contracts/run-spec.ts';
import type { SmokeReport } from '../../../src/contracts/serving.ts';
import { openControl } from '../../../src/protocols/triton/control.ts';
import type { EchoBehaviour } from '../../adapters/triton/echo-engine.ts';
import type { ReplicaBench } from '../../adapters/triton/replica-bench.ts';
import { openBench } from '../../adapters/triton/replica-bench.ts';
import { openSla, spec } from './figures.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => bench.stop());

test('a sound candidate passes: every prompt unary and streamed, warm-up not counted', async () => {
  const report = await smokeTest('sound', { behaviour: {}, smokeSpec: spec });
  expect(report).toMatchObject({
    version: 1,
    requests: 4,
    failedRequests: 0,
    violations: [],
    sample: { prompt: 'a b c', answer: 'a b c' },
  });
  expect(report.answerPerplexity).toBeCloseTo(Math.exp(0.5));
  expect(await requestsSeen('sound--candidate')).toBe(5);
});

test('a slow candidate misses its bounds', async () => {
  const sla = { ...openSla, ttftP95Ms: 10, interTokenP95Ms: 20 };
  const report = await smokeTest('slow', { behaviour: { tokenSeconds: 0.05 }, smokeSpec: { ...spec, sla } });
  expect(report.violations).toEqual([
    expect.stringMatching(/^time to first token p95 \d+ ms is over the bound of 10 ms$/),
    expect.stringMatching(/^inter-token time p95 \d+ ms is over the bound of 20 ms$/),
  ]);
});

test('a candidate that answers badly says which prompt broke which rule', async () => {
  const prompts = [
    { prompt: 'Define "lighthouse".', expect: [{ kind: 'contains', text: 'light', ignoreCase: true }] },
  ] as const;
  const report = await smokeTest('bad', { behaviour: { answer: 'I do not know' }, smokeSpec: { ...spec, prompts } });
  expect(report.violations[0]).toContain(
    'unary request "Define \\"lighthouse\\".": the answer does not contain "light"',
  );
});

test('a candidate that always fails is given up early, with its reason', async () => {
  const report = await smokeTest('failing', { behaviour: { answer: '!error' }, smokeSpec: { ...spec, repeats: 50 } });
  expect(report).toMatchObject({ requests: 1, failedRequests: 1, errorRate: 1 });
  expect(report.violations.join()).toContain('the engine ran out of memory');
});

test('a candidate that is not there fails its requests and throws nothing', async () => {
  const request = { target: 't', model: 'absent', version: 1, spec };
  const report = await runSmokeTest(bench.replica, request, {
    modelName: 'absent--candidate',
    signal: new AbortController().signal,
  });
  expect(report.errorRate).toBe(1);
});

test('a cancelled smoke test sends no further request', async () => {
  const stopping = new AbortController();
  const testing = smokeTest('cancelled', {
    behaviour: { tokenSeconds: 0.05 },
    smokeSpec: { ...spec, repeats: 50 },
    signal: stopping.signal,
  });
  testing.catch(() => undefined);
  await expect.poll(async () => requestsSeen('cancelled--candidate'), { timeout: 10_000 }).toBeGreaterThan(1);
  stopping.abort(new Error('the run was cancelled'));
  await expect(testing).rejects.toThrow('the run was cancelled');
  expect(await requestsSeen('cancelled--candidate')).toBeLessThan(20);
});

interface Trial {
  readonly behaviour: EchoBehaviour;
  readonly smokeSpec: SmokeTestSpec;
  readonly signal?: AbortSignal;
}

async function smokeTest(
  model: string,
  { behaviour, smokeSpec, signal = new AbortController().signal }: Trial,
): Promise<SmokeReport> {
  await bench.publish(model, 1, behaviour);
  await bench.replica.loadCandidate({ model, version: 1, fence: 1 });
  const request = { target: 'test', model, version: 1, spec: smokeSpec };
  return runSmokeTest(bench.replica, request, { modelName: `${model}--candidate`, signal });
}

async function requestsSeen(name: string): Promise<number> {
  const control = openControl(bench.server);
  const statistics = await control
    .modelStatistics({ name })
    .catch(() => [])
    .finally(() => control.close());
  return Number(statistics[0]?.inference_count ?? 0);
}
