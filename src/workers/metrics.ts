import type { MetricMeter } from '@temporalio/common';

import type { Metrics, MetricName, MetricType } from '../ports/metrics.ts';
import { metricTable } from '../ports/metrics.ts';

type Labels = Readonly<Record<string, string>>;

/** Our figures through the meter of the SDK's runtime, so that one endpoint tells them and the SDK's own. */
export function createMetrics(meter: MetricMeter): Metrics {
  const counters = instruments('counter', (name, help) => meter.createCounter(withoutTotal(name), '', help));
  const gauges = instruments('gauge', (name, help) => meter.createGauge(name, 'float', '', help));
  const histograms = instruments('histogram', (name, help) => meter.createHistogram(name, 'float', '', help));
  const shown = new Map<string, Map<string, Labels>>();
  return {
    count: (name, labels, by = 1) => counters[name].add(by, labels),
    record: (name, labels, value) => histograms[name].record(Math.max(0, value), labels),
    show: (name, samples) => {
      const before = shown.get(name) ?? new Map<string, Labels>();
      const now = new Map(samples.map(({ labels }): [string, Labels] => [keyOf(labels), labels]));
      for (const [key, labels] of before) if (!now.has(key)) gauges[name].set(0, labels);
      for (const { labels, value } of samples) gauges[name].set(value, labels);
      shown.set(name, new Map([...before, ...now]));
    },
  };
}

/** Upper bounds of our histograms, by name. */
export function histogramBuckets(): Record<string, number[]> {
  const rows = Object.entries(metricTable).flatMap(([name, row]): [string, number[]][] =>
    'buckets' in row ? [[name, [...row.buckets]]] : [],
  );
  return Object.fromEntries(rows);
}

function instruments<Type extends MetricType, Instrument>(
  type: Type,
  make: (name: string, help: string) => Instrument,
): Readonly<Record<MetricName<Type>, Instrument>> {
  const rows = Object.entries(metricTable).filter(([, row]) => row.type === type);
  const made = rows.map(([name, { help }]) => [name, make(name, help)]);
  return Object.fromEntries(made) as Record<MetricName<Type>, Instrument>;
}

/** The exporter writes it, for the SDK's counters have none of their own. */
function withoutTotal(name: string): string {
  return name.replace(/_total$/u, '');
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => one.localeCompare(other)));
}
