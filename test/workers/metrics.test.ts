import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { MetricName, Metrics, MetricType } from '../../src/ports/metrics.ts';
import { metricTable } from '../../src/ports/metrics.ts';
import { installRuntime } from '../../src/workers/runtime.ts';
import { freePort } from '../servers/free-port.ts';
import type { MetricFamily } from './prometheus-text.ts';
import { parseExposition } from './prometheus-text.ts';

let metricsAddress: string;
let metrics: Metrics;

beforeAll(async () => {
  metricsAddress = `127.0.0.1:${await freePort()}`;
  metrics = installRuntime({ worker: 'lab', logger: pino({ level: 'silent' }), metricsAddress });
});
afterAll(async () => Runtime.instance().shutdown());

async function scrape(): Promise<ReadonlyMap<string, MetricFamily>> {
  return parseExposition(await (await fetch(`http://${metricsAddress}/metrics`)).text());
}

async function samplesOf(name: string): Promise<readonly [string, number][]> {
  const samples = (await scrape()).get(name)?.samples ?? [];
  return samples.map(({ labels: { worker: _worker, ...labels }, value }) => [Object.values(labels).join(' '), value]);
}

/** Measures something under a name, with a value of its own for each label. */
function measure(name: keyof typeof metricTable): void {
  const row: { readonly type: MetricType; readonly labels: readonly string[] } = metricTable[name];
  const labels = Object.fromEntries(row.labels.map((label) => [label, `some "${label}"`]));
  switch (row.type) {
    case 'counter':
      return metrics.count(name as MetricName<'counter'>, labels as never);
    case 'gauge':
      return metrics.show(name as MetricName<'gauge'>, [{ labels: labels as never, value: 1 }]);
    case 'histogram':
      return metrics.record(name as MetricName<'histogram'>, labels as never, 1);
  }
}

function show(counts: Readonly<Record<string, number>>): void {
  const samples = Object.entries(counts).map(([category, value]) => ({ labels: { category }, value }));
  metrics.show('windlass_active_jobs', samples);
}

describe('the figures of a worker', () => {
  const rows = Object.entries(metricTable);

  test.each(rows)(
    '%s is told under its name, with its type and labels and which worker it is of',
    async (name, row) => {
      measure(name as keyof typeof metricTable);
      const family = (await scrape()).get(name);
      expect(family).toMatchObject({ type: row.type, help: row.help });
      const labels = Object.keys(family?.samples[0]?.labels ?? {}).filter((label) => label !== 'le');
      expect(labels.toSorted()).toEqual([...row.labels, 'worker'].toSorted());
    },
  );

  test.each(rows)('%s is named as Prometheus wants it', (name, { type }) => {
    expect(name).toMatch(type === 'counter' ? /^windlass_[a-z_]+_total$/u : /^windlass_[a-z_]+(?<!_total)$/u);
    if (type === 'histogram') expect(name).toMatch(/_(?:seconds|bytes)$/u);
  });

  test('a counter sums up, and an amount of nothing is nothing', async () => {
    for (const bytes of [5, 0, 7]) metrics.count('windlass_store_bytes_total', { direction: 'down' }, bytes);
    expect(await samplesOf('windlass_store_bytes_total')).toContainEqual(['down', 12]);
  });

  test('a gauge is shown whole: what is not among its samples any more is 0', async () => {
    show({ running: 3, quota: 1 });
    show({ running: 2 });
    const samples = await samplesOf('windlass_active_jobs');
    expect(samples).toEqual(
      expect.arrayContaining([
        ['running', 2],
        ['quota', 0],
      ]),
    );
    show({ quota: 4 });
    expect(await samplesOf('windlass_active_jobs')).toEqual(
      expect.arrayContaining([
        ['running', 0],
        ['quota', 4],
      ]),
    );
  });

  test('running times fall between bounds from a second to a week, a clock that went back into the first', async () => {
    const labels = { stage: 'train', outcome: 'succeeded' };
    for (const seconds of [-3, 7_200, 10_000_000]) metrics.record('windlass_job_running_seconds', labels, seconds);
    const samples = (await scrape()).get('windlass_job_running_seconds')?.samples ?? [];
    const own = samples.filter((sample) => sample.labels['stage'] === 'train');
    const upTo = new Map(own.map((sample) => [sample.labels['le'], sample.value]));
    expect(['1', '3600', '14400', '604800', '+Inf'].map((le) => upTo.get(le))).toEqual([1, 1, 2, 2, 3]);
  });
});

describe('the reader of these tests refuses', () => {
  const family = '# HELP a_total A.\n# TYPE a_total counter\n';
  const histogram = '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 3\nh_count 1\n';

  test.each([
    ['a value that is no number', `${family}a_total x\n`],
    ['a label that is not closed', `${family}a_total{b="c} 1\n`],
    ['a series told twice', `${family}a_total{b="c"} 1\na_total{b="c"} 2\n`],
    ['a sample of no family', `${family}b_total 1\n`],
    ['a line that is not ended', `${family}a_total 1`],
    ['a histogram whose buckets shrink', histogram],
  ])('%s', (_name, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
