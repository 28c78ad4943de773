import type { Metrics } from '../ports/metrics.ts';
import type { WorkerConfig } from './config.ts';

/** What a worker is built from. */
export interface WorkerContext extends WorkerConfig {
  readonly metrics: Metrics;
}
