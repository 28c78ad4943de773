import type { MetricPoint, OpenTrackingRun, Tracking, TrackingRun } from '../../ports/tracking.ts';
import { ensureExperiment } from './experiments.ts';
import { addParameters } from './parameters.ts';
import type { MlflowOptions, MlflowRest } from './rest.ts';
import { createMlflowRest, emptyAnswer } from './rest.ts';
import { buildTags, inBatches } from './tags.ts';
import { ensureRun, updateRun } from './tracking-runs.ts';
import { buildRunUrl } from './ui-links.ts';

/** MLflow takes 1000 entries a request; half of it keeps a request far under its limit of 1 MB. */
const metricBatchSize = 500;
const tagBatchSize = 100;

/** Experiments and metrics on an MLflow server; every call may be repeated. */
export function createMlflowTracking(options: MlflowOptions): Tracking {
  const rest = createMlflowRest(options);
  return {
    openRun: (request) => openRun(rest, options.url, request),
    logParameters: (trackingRunId, parameters) => addParameters(rest, trackingRunId, parameters),
    logMetrics: (trackingRunId, points) => logMetrics(rest, trackingRunId, points),
    setTags: (trackingRunId, tags) => setTags(rest, trackingRunId, tags),
    closeRun: (trackingRunId, status) => updateRun(rest, { run_id: trackingRunId, status, end_time: Date.now() }),
  };
}

async function openRun(rest: MlflowRest, serverUrl: string, request: OpenTrackingRun): Promise<TrackingRun> {
  const experimentId = await ensureExperiment(rest, request.model);
  const trackingRunId = await ensureRun(rest, experimentId, request);
  return { trackingRunId, url: buildRunUrl(serverUrl, experimentId, trackingRunId) };
}

async function logMetrics(rest: MlflowRest, trackingRunId: string, points: readonly MetricPoint[]): Promise<void> {
  for (const batch of inBatches(points, metricBatchSize)) {
    const body = { run_id: trackingRunId, metrics: batch.map(buildMetric) };
    await rest({ method: 'POST', path: 'runs/log-batch', body, answer: emptyAnswer });
  }
}

async function setTags(rest: MlflowRest, trackingRunId: string, tags: Readonly<Record<string, string>>): Promise<void> {
  for (const batch of inBatches(buildTags(tags), tagBatchSize)) {
    const body = { run_id: trackingRunId, tags: batch };
    await rest({ method: 'POST', path: 'runs/log-batch', body, answer: emptyAnswer });
  }
}

/** JSON has no NaN and no infinities: MLflow reads them as strings. */
function buildMetric(point: MetricPoint): Readonly<Record<string, number | string>> {
  const { name: key, step, timeMs: timestamp } = point;
  const value = typeof point.value === 'number' && !Number.isFinite(point.value) ? String(point.value) : point.value;
  return { key, value, step, timestamp };
}
