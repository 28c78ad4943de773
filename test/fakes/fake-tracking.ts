import type { MetricPoint, ModelRegistry, RegisteredVersion, Tracking } from '../../src/ports/tracking.ts';

/** MLflow tracking in memory; keeps what it was sent, in order. */
export interface FakeTracking extends Tracking {
  readonly points: MetricPoint[];
  readonly parameters: Record<string, string>;
  readonly closed: string[];
}

export function createFakeTracking(): FakeTracking {
  const points: MetricPoint[] = [];
  const parameters: Record<string, string> = {};
  const closed: string[] = [];
  return {
    points,
    parameters,
    closed,
    openRun: async ({ runId }) => ({ trackingRunId: `mlflow-${runId}`, url: 'http://127.0.0.1/mlflow' }),
    logParameters: async (_trackingRunId, sent) => void Object.assign(parameters, sent),
    logMetrics: async (_trackingRunId, sent) => void points.push(...sent),
    setTags: async () => undefined,
    closeRun: async (_trackingRunId, status) => void closed.push(status),
  };
}

/** The registry in memory: versions by number, aliases in the order they were set. */
export interface FakeRegistry extends ModelRegistry {
  readonly versions: Map<number, RegisteredVersion>;
  readonly aliases: (readonly [string, number | null])[];
}

export function createFakeRegistry(): FakeRegistry {
  const versions = new Map<number, RegisteredVersion>();
  const aliases: (readonly [string, number | null])[] = [];
  return {
    versions,
    aliases,
    allocateVersion: async ({ runId }) => {
      const known = [...versions.values()].find(({ tags }) => tags['windlass.run'] === runId);
      const version = known?.version ?? versions.size + 1;
      versions.set(version, known ?? { version, tags: { 'windlass.run': runId } });
      return { version, url: `http://127.0.0.1/version/${version}` };
    },
    tagVersion: async (_model, version, tags) => {
      versions.set(version, { version, tags: { ...versions.get(version)?.tags, ...tags } });
    },
    findVersion: async (_model, version) => versions.get(version) ?? null,
    listVersions: async function* listVersions() {
      yield* versions.values();
    },
    setAlias: async (_model, alias, version) => void aliases.push([alias, version]),
  };
}
