import type { JsonObject } from '../contracts/json.ts';
import type { AllocateVersion, ModelRegistry, OpenTrackingRun, Tracking, TrackingRun } from '../ports/tracking.ts';

/** What a run writes into MLflow. Every call may be repeated. @throws `Unavailable`, `AccessDenied` */
export interface TrackingActivities {
  openTrackingRun(request: OpenTrackingRun & { readonly parameters: JsonObject }): Promise<TrackingRun>;
  /** What a stage came to, in a group of its own (`final/train_validation_loss`), apart from the curves that its job streamed. */
  logStageMetrics(request: StageMetrics): Promise<void>;
  closeTrackingRun(request: {
    readonly trackingRunId: string;
    readonly status: 'FINISHED' | 'FAILED' | 'KILLED';
  }): Promise<void>;
  allocateVersion(request: AllocateVersion): Promise<{ readonly version: number; readonly url: string }>;
  tagVersion(request: TagVersion): Promise<void>;
  /** `champion` is what is live, `previous` what was live before; moved by the holder of the target's lease only. */
  moveAliases(request: MoveAliases): Promise<void>;
}

export interface StageMetrics {
  readonly trackingRunId: string;
  readonly stage: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly timeMs: number;
}

export interface TagVersion {
  readonly model: string;
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface MoveAliases {
  readonly model: string;
  readonly target: string;
  readonly champion: number | null;
  readonly previous: number | null;
}

export interface TrackingActivityDependencies {
  readonly tracking: Tracking;
  readonly registry: ModelRegistry;
}

export function createTrackingActivities({ tracking, registry }: TrackingActivityDependencies): TrackingActivities {
  return {
    openTrackingRun: async ({ parameters, ...request }) => {
      const run = await tracking.openRun(request);
      await tracking.logParameters(run.trackingRunId, flatParameters(parameters));
      return run;
    },
    logStageMetrics: async ({ trackingRunId, stage, metrics, timeMs }) => {
      const points = Object.entries(metrics).map(([name, value]) => ({
        name: `final/${stage}_${name}`,
        value,
        step: 0,
        timeMs,
      }));
      await tracking.logMetrics(trackingRunId, points);
    },
    closeTrackingRun: async ({ trackingRunId, status }) => tracking.closeRun(trackingRunId, status),
    allocateVersion: async (request) => registry.allocateVersion(request),
    tagVersion: async ({ model, version, tags }) => registry.tagVersion(model, version, tags),
    moveAliases: async ({ model, target, champion, previous }) => {
      for (const [alias, version] of aliasesOf(target, { champion, previous })) {
        await registry.setAlias(model, alias, version);
      }
    },
  };
}

/** `production` owns the plain names; other targets' aliases carry the target's name. */
function aliasesOf(target: string, versions: Pick<MoveAliases, 'champion' | 'previous'>): [string, number | null][] {
  const suffix = target === 'production' ? '' : `-${target}`;
  return [
    [`previous${suffix}`, versions.previous],
    [`champion${suffix}`, versions.champion],
  ];
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
