import type { Metrics } from '../../src/ports/metrics.ts';

/** Figures in memory, as `name{label="value"}`: counters summed up, gauges as they were shown last, histograms as a list. */
export interface FakeMetrics extends Metrics {
  readonly counted: Readonly<Record<string, number>>;
  readonly shown: Readonly<Record<string, readonly (readonly [string, number])[]>>;
  readonly recorded: Readonly<Record<string, readonly number[]>>;
}

export function createFakeMetrics(): FakeMetrics {
  const counted: Record<string, number> = {};
  const shown: Record<string, readonly (readonly [string, number])[]> = {};
  const recorded: Record<string, number[]> = {};
  return {
    counted,
    shown,
    recorded,
    count: (name, labels, by = 1) => {
      const key = keyOf(name, labels);
      counted[key] = (counted[key] ?? 0) + by;
    },
    show: (name, samples) => {
      shown[name] = samples.map(({ labels, value }) => [keyOf(name, labels), value] as const);
    },
    record: (name, labels, value) => {
      (recorded[keyOf(name, labels)] ??= []).push(value);
    },
  };
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
