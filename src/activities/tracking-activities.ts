import type { JsonObject } from '../contracts/json.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { AllocateVersion, ModelRegistry, OpenTrackingRun, Tracking, TrackingRun } from '../ports/tracking.ts';
import { readSpec } from './stored-spec.ts';

/** What a run writes into MLflow. Every call may be repeated. @throws `Unavailable`, `AccessDenied` */
export interface TrackingActivities {
  /** The resolved spec at `specUri` becomes the parameters of the MLflow run. */
  openTrackingRun(request: OpenTrackingRun & { readonly specUri: string }): Promise<TrackingRun>;
  /** Notes about a run that is under way, such as its repairs. */
  tagTrackingRun(request: TagTrackingRun): Promise<void>;
  closeTrackingRun(request: {
    readonly trackingRunId: string;
    readonly status: 'FINISHED' | 'FAILED' | 'KILLED';
  }): Promise<void>;
  allocateVersion(request: AllocateVersion): Promise<{ readonly version: number; readonly url: string }>;
  tagVersion(request: TagVersion): Promise<void>;
}

export interface TagTrackingRun {
  readonly trackingRunId: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TagVersion {
  readonly model: string;
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TrackingActivityDependencies {
  readonly tracking: Tracking;
  readonly registry: ModelRegistry;
  readonly artifacts: ArtifactStore;
}

export function createTrackingActivities(dependencies: TrackingActivityDependencies): TrackingActivities {
  const { tracking, registry, artifacts } = dependencies;
  return {
    openTrackingRun: async ({ specUri, ...request }) => {
      const { spec } = await readSpec(artifacts.objects, specUri);
      const run = await tracking.openRun(request);
      await tracking.logParameters(run.trackingRunId, flatParameters(spec as unknown as JsonObject));
      return run;
    },
    tagTrackingRun: async ({ trackingRunId, tags }) => tracking.setTags(trackingRunId, tags),
    closeTrackingRun: async ({ trackingRunId, status }) => tracking.closeRun(trackingRunId, status),
    allocateVersion: async (request) => registry.allocateVersion(request),
    tagVersion: async ({ model, version, tags }) => registry.tagVersion(model, version, tags),
  };
}

/** `train.lora.rank` → `8`: MLflow parameters are flat strings. */
export function flatParameters(parameters: JsonObject, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
      isPlainObject(value)
        ? Object.entries(flatParameters(value, `${prefix}${name}.`))
        : [[`${prefix}${name}`, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
