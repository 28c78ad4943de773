import type { LogLevel, LogMetadata, RuntimeOptions } from '@temporalio/worker';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { pino } from 'pino';

import type { Metrics } from '../ports/metrics.ts';
import { createMetrics, histogramBuckets } from './metrics.ts';

const levels: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** JSON lines on stdout. */
export function createLogger(worker: string): Logger {
  return pino({ base: { worker } });
}

export interface WorkerRuntime {
  readonly worker: string;
  readonly logger: Logger;
  /** host:port where Prometheus finds the figures of the SDK and ours; null: nobody is told any. */
  readonly metricsAddress: string | null;
}

/**
 * The SDK's runtime: its lines and those of its core go to the logger. Once per process, before any connection.
 * @throws Error where the address of the metrics cannot be listened on
 */
export function installRuntime({ worker, logger, metricsAddress }: WorkerRuntime): Metrics {
  const options: RuntimeOptions = {
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[levels[level]](fieldsOf(meta), message)),
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' }, ...metricsOf(worker, metricsAddress) },
  };
  try {
    return createMetrics(Runtime.install(options).metricMeter);
  } catch (cause) {
    if (metricsAddress === null || !isRefusedAddress(cause)) throw cause;
    const advice = 'is it taken by another process? Name a free one, or none';
    throw new Error(`WINDLASS_METRICS_ADDRESS names ${metricsAddress}, which cannot be listened on: ${advice}`, {
      cause,
    });
  }
}

/** The SDK's names as Prometheus would have them, with `_total` and `_seconds`. */
function metricsOf(
  worker: string,
  bindAddress: string | null,
): Pick<NonNullable<RuntimeOptions['telemetryOptions']>, 'metrics'> {
  if (bindAddress === null) return {};
  const prometheus = {
    bindAddress,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
    histogramBucketOverrides: histogramBuckets(),
  };
  return { metrics: { prometheus, globalTags: { worker }, attachServiceName: false } };
}

function isRefusedAddress(error: unknown): boolean {
  return error instanceof Error && error.message.includes('prometheus');
}

function fieldsOf(meta: LogMetadata | undefined): object {
  const known = ['workflowId', 'runId', 'activityType', 'attempt'].map((name): [string, unknown] => [
    name,
    meta?.[name],
  ]);
  const error: unknown = meta?.['error'];
  return { ...Object.fromEntries(known), ...(error === undefined ? {} : { err: error }) };
}
