/** What a worker counts and measures, by name. The labels of each take few values: no name of a run, a job, a model or a file. */
export const metricTable = {
  windlass_jobs_ended_total: {
    type: 'counter',
    labels: ['runner', 'stage', 'outcome'],
    help: 'Jobs that were judged or removed, by how they ended.',
  },
  windlass_job_running_seconds: {
    type: 'histogram',
    labels: ['stage', 'outcome'],
    help: 'For how long judged jobs ran, by their own record.',
    buckets: [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800],
  },
  windlass_active_jobs: {
    type: 'gauge',
    labels: ['category'],
    help: 'Jobs that run or wait, by what they do or wait for.',
  },
  windlass_orphan_jobs: { type: 'gauge', labels: [], help: 'Jobs that stand though their run is not open.' },
  windlass_orphan_jobs_removed_total: {
    type: 'counter',
    labels: ['by'],
    help: 'Orphan jobs that were ended by the worker, or reaped by a person.',
  },
  windlass_watch_staleness_seconds: {
    type: 'gauge',
    labels: [],
    help: 'For how long the watch of Jobs has shown no sign of life.',
  },
  windlass_watch_lists_total: {
    type: 'counter',
    labels: ['resource'],
    help: 'Lists that a watch began from.',
  },
  windlass_watch_breaks_total: {
    type: 'counter',
    labels: ['resource', 'reason'],
    help: 'Watches that broke: gone (410), unreadable, or broken.',
  },
  windlass_kubernetes_requests_total: {
    type: 'counter',
    labels: ['method', 'code'],
    help: 'Requests to the API server, repetitions and streams included; code none: no answer.',
  },
  windlass_log_bytes_total: {
    type: 'counter',
    labels: [],
    help: 'Bytes of job logs that were kept in the object store.',
  },
  windlass_log_gaps_total: { type: 'counter', labels: [], help: 'Places in kept job logs where lines are missing.' },
  windlass_store_bytes_total: {
    type: 'counter',
    labels: ['direction'],
    help: 'Bytes that this worker moved to and from the object store.',
  },
  windlass_deployments_total: {
    type: 'counter',
    labels: ['target', 'kind', 'outcome'],
    help: 'Deployments and rollbacks that gave their target back, by how they ended.',
  },
  windlass_failures_total: {
    type: 'counter',
    labels: ['activity', 'failure'],
    help: 'Attempts of activities that failed, by the name of the failure.',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

interface MetricRow {
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly help: string;
  /** Of a histogram: upper bounds. */
  readonly buckets?: readonly number[];
}

export type MetricType = 'counter' | 'gauge' | 'histogram';

type MetricTable = typeof metricTable;

export type MetricName<Type extends MetricType> = {
  [Name in keyof MetricTable]: MetricTable[Name]['type'] extends Type ? Name : never;
}[keyof MetricTable];

export type MetricLabels<Name extends keyof MetricTable> = Readonly<
  Record<MetricTable[Name]['labels'][number], string>
>;

export interface GaugeSample<Name extends MetricName<'gauge'>> {
  readonly labels: MetricLabels<Name>;
  readonly value: number;
}

/**
 * Where figures go. None of the calls fails or takes time. Figures are of this process since it began: one that dies takes them along, and
 * what it did just before may be counted by nobody.
 */
export interface Metrics {
  /** Adds to a counter, without `by` 1. */
  count<Name extends MetricName<'counter'>>(name: Name, labels: MetricLabels<Name>, by?: number): void;
  /** The whole gauge as it is now: what it showed before and is not among the samples is 0. */
  show<Name extends MetricName<'gauge'>>(name: Name, samples: readonly GaugeSample<Name>[]): void;
  record<Name extends MetricName<'histogram'>>(name: Name, labels: MetricLabels<Name>, value: number): void;
}

/** Nobody asked for figures. */
export const unmeasured: Metrics = { count: () => {}, show: () => {}, record: () => {} };
