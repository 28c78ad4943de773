import { ApplicationFailure } from '@temporalio/activity';

import type { GarbageActivities } from '../../src/activities/garbage-activities.ts';
import type { JobActivities } from '../../src/activities/job-activities.ts';
import type { JobInventoryActivities } from '../../src/activities/job-inventory.ts';
import type { RunActivities } from '../../src/activities/run-activities.ts';
import type { PlanStageRequest } from '../../src/activities/stage-plans.ts';
import type { ServingActivities } from '../../src/activities/serving-activities.ts';
import type { TargetActivities } from '../../src/activities/target-activities.ts';
import type { TrackingActivities } from '../../src/activities/tracking-activities.ts';
import type { VersionActivities } from '../../src/activities/version-activities.ts';
import type { Artifact } from '../../src/contracts/artifact.ts';
import { isForkInput } from '../../src/contracts/fork.ts';
import type { JobOutcome, JobRequest, StageRecord } from '../../src/contracts/job.ts';
import type { JobRow } from '../../src/contracts/job-inventory.ts';
import type { RunInput, RunSpec, StageTimeouts } from '../../src/contracts/run-spec.ts';
import type { DeploymentEnd, Release, SmokeReport } from '../../src/contracts/serving.ts';
import type { TargetState } from '../../src/workflows/target-state.ts';
import {
  committedOf,
  emptyTarget,
  goalOf,
  viewOf,
  withHolder,
  withoutHolder,
  withoutLostHolder,
  withRelease,
} from '../../src/workflows/target-state.ts';
import type { RepairSpec } from '../../src/contracts/repair.ts';
import { createFakeSpecs } from './fake-specs.ts';
import { releaseOf } from './releases.ts';
import { tinySpec } from './tiny-spec.ts';

export type AllActivities = JobActivities &
  JobInventoryActivities &
  GarbageActivities &
  RunActivities &
  ServingActivities &
  TargetActivities &
  TrackingActivities &
  VersionActivities;

export type ActivityName = keyof AllActivities;

/** What the fake world does differently from a world where all goes well. */
export interface Faults {
  /** Activities that fail for good, by name. */
  readonly fail?: Partial<Record<ActivityName, string>>;
  /** Only the first this many calls of a failing activity fail; absent: all. */
  readonly failures?: number;
  readonly smokeViolations?: readonly string[];
  readonly verdict?: 'pass' | 'fail' | 'inconclusive';
  readonly jobOutcomes?: (request: JobRequest) => JobOutcome | null;
  readonly approvalRequired?: boolean;
  readonly fourEyes?: boolean;
  readonly repair?: Partial<RepairSpec>;
  readonly reused?: boolean;
  /** Run that made what is reused, while this one waited. */
  readonly sharedWith?: string;
  /** Names of base models that were imported before. */
  readonly baseModels?: readonly string[];
  /** Versions that serve, and are in the log, before anything happens. */
  readonly live?: readonly number[];
  /** Versions that the last release left ready; absent: it and the one before it. */
  readonly resident?: readonly number[];
  /** Time limits other than an hour. */
  readonly timeouts?: Partial<StageTimeouts>;
  /** Called when an activity begins; a promise holds it. */
  readonly onCall?: (name: ActivityName) => Promise<void> | undefined;
}

/** A world of memory for workflow tests: the state that the real systems would hold, and every call in its order. */
export interface FakeWorld {
  readonly activities: AllActivities;
  readonly calls: ActivityName[];
  readonly submitted: JobRequest[];
  readonly planned: PlanStageRequest[];
  /** What users reach, what is published, whether a candidate is loaded. */
  readonly serving: { ready: readonly number[]; published: number[]; candidate: number | null };
  /** Jobs that were started and neither judged nor removed, by name. */
  readonly jobs: Set<string>;
  /** How the MLflow run was closed; null: it was not. */
  readonly trackingStatus: () => string | null;
  /** What `servingTarget` does when the holder of the lease has ended without giving it back. */
  readonly loseHolder: () => void;
  readonly releases: () => readonly Release[];
  /** What deployments and rollbacks said of their ends; null: a target was only brought back. */
  readonly ended: (DeploymentEnd | null)[];
  readonly lease: () => unknown;
  readonly aliases: Record<string, number | null>;
  /** Tags of the run in MLflow. */
  readonly tagged: Record<string, string>;
}

export function createFakeWorld(faults: Faults = {}): FakeWorld {
  const calls: ActivityName[] = [];
  const submitted: JobRequest[] = [];
  const planned: PlanStageRequest[] = [];
  const ended: (DeploymentEnd | null)[] = [];
  const live = faults.live ?? [];
  const resident = faults.resident ?? live.slice(-2);
  const serving = { ready: resident, published: [...live], candidate: null as number | null };
  const specs = createFakeSpecs();
  const tagged: Record<string, string> = {};
  const aliases: Record<string, number | null> = {};
  const names = { target: 'production', model: 'glossary' };
  let target: TargetState = {
    ...emptyTarget,
    releases: live.map((version, index) => ({ ...releaseOf(version, index + 1), resident })),
  };
  let requests = 0;
  const jobs = new Set<string>();
  let trackingStatus: string | null = null;
  const fences = new Map<string, number>();
  const passFence = ({ model, fence }: { readonly model: string; readonly fence: number }): void => {
    if (fence < (fences.get(model) ?? 0))
      throw ApplicationFailure.nonRetryable('a later deployer has taken over', 'StaleFence');
    fences.set(model, fence);
  };

  const activities: AllActivities = {
    resolveRun: async ({ runId, input }) => {
      if (isForkInput(input)) return specs.fork(runId, input);
      return specs.keep(runId, specOf(input, faults));
    },
    amendRun: async ({ runId, resolved, change }) => specs.amend(runId, resolved, change),
    planStage: async (request) => {
      planned.push(request);
      const record = faults.reused === true && request.reuse ? recordOf(request.stage, faults) : null;
      const shared = faults.sharedWith === undefined ? {} : { sharedWith: faults.sharedWith };
      return { stageKey: `sha256:${request.stage}`, record, ...shared };
    },
    releaseStage: async () => {},
    discardRecord: async () => {},
    findGarbage: async () => ({ garbage: garbageFound, kept: [{ ...garbageFound[0], by: 'release' }] }),
    removeGarbage: async () => garbageFound,
    listJobs: async () => [standingJob],
    removeOrphanJobs: async () => [{ name: standingJob.name, problem: null }],
    findBaseModel: async (name) => {
      const { uri, digest } = artifactOf(name);
      return faults.baseModels?.includes(name) === true ? { uri, digest, kind: 'base-model' } : null;
    },
    nameBaseModel: async () => {},
    openTrackingRun: async () => ({ trackingRunId: 'mlflow-1', url: 'http://127.0.0.1/mlflow' }),
    tagTrackingRun: async ({ tags }) => void Object.assign(tagged, tags),
    closeTrackingRun: async ({ status }) => void (trackingStatus = status),
    allocateVersion: async () => ({ version: live.length + 1, url: 'http://127.0.0.1/version' }),
    tagVersion: async () => {},
    describeVersion: async () => ({ ...releaseOf(1, 1), smokeTest: tinySpec({ model: 'glossary' }).smokeTest }),
    submitJob: async (request) => {
      submitted.push(request);
      const name = `${request.stage}-${request.attempt}`;
      jobs.add(name);
      return { name, id: String(++requests), outputUri: 'file:///store/out' };
    },
    awaitJob: async () => ({ kind: 'exited', exitCode: 0, logTail: '' }),
    collectJob: async ({ stage, handle }) => {
      jobs.delete(handle.name);
      const outcome = faults.jobOutcomes?.(submittedAs(submitted, handle.name));
      return outcome ?? { kind: 'succeeded', record: recordOf(stage, faults) };
    },
    removeJob: async ({ name }) => void jobs.delete(name),
    acquireTarget: async ({ holder }) => {
      target = withHolder(target, holder);
      if (target.lease === null) throw new Error('the lease was not granted');
      const { live: head, goal } = viewOf(target, names);
      return { lease: target.lease, liveVersion: head?.version ?? null, goal };
    },
    releaseTarget: async (returned) => {
      target = withoutHolder(target, returned);
      ended.push(returned.ended ?? null);
    },
    commitRelease: async ({ lease, release }) => {
      const next = withRelease(target, { lease, release, at: '2026-01-01T00:00:00.000Z' });
      if (next === null) throw ApplicationFailure.nonRetryable('lease is over', 'StaleFence');
      target = next;
      return committedOf(next) ?? { release: releaseOf(0, 0), previousVersion: null, keep: [] };
    },
    findLiveRelease: async () => target.releases.at(-1) ?? null,
    findRollbackGoal: async ({ to }) => goalOf(target, to),
    isHolderOpen: async () => true,
    alignAliases: async () => {
      const { live: champion, previous } = viewOf(target, names);
      Object.assign(aliases, { champion: champion?.version ?? null, previous: previous?.version ?? null });
    },
    takeOver: async (request) => {
      passFence(request);
      return [
        {
          replica: 'production-0',
          readyVersions: serving.ready,
          desiredVersions: serving.ready,
          publishedVersions: [...serving.published],
          stagedVersions: [],
          hasCandidate: serving.candidate !== null,
        },
      ];
    },
    checkEngine: async () => {},
    publishVersion: async ({ version, ...change }) => {
      passFence(change);
      if (!serving.published.includes(version)) serving.published.push(version);
    },
    unpublishVersion: async ({ version, ...change }) => {
      passFence(change);
      serving.published = serving.published.filter((entry) => entry !== version);
    },
    loadCandidate: async ({ version, ...change }) => {
      passFence(change);
      serving.candidate = version;
    },
    unloadCandidate: async (change) => {
      passFence(change);
      serving.candidate = null;
    },
    smokeTest: async ({ version }) => smokeReport(version, faults.smokeViolations ?? []),
    showVersions: async ({ versions, ...change }) => {
      passFence(change);
      serving.ready = versions;
      return { switchMs: 7 };
    },
    verifyRoute: async () => {},
    retireVersions: async ({ keep, ...change }) => {
      passFence(change);
      const old = serving.published.filter((version) => !keep.includes(version));
      serving.published = serving.published.filter((version) => keep.includes(version));
      return old;
    },
  };
  return {
    activities: withFaults(activities, { faults, calls }),
    calls,
    submitted,
    planned,
    serving,
    releases: () => target.releases,
    lease: () => target.lease,
    jobs,
    trackingStatus: () => trackingStatus,
    ended,
    loseHolder: () => void (target = withoutLostHolder(target)),
    aliases,
    tagged,
  };
}

const standingJob: JobRow = {
  name: 'train-0123456789abcdef-glossary-7-1',
  runId: 'glossary-7',
  stage: 'train',
  attempt: 1,
  state: 'running',
  note: '',
  since: '2026-01-01T00:00:00.000Z',
  gpus: 2,
  gpuHours: 0.5,
  isOrphan: true,
};

const garbageFound = [{ kind: 'artifact', count: 2, sizeBytes: 2_000_000 }] as const;

function withFaults(
  activities: AllActivities,
  { faults, calls }: { readonly faults: Faults; readonly calls: ActivityName[] },
): AllActivities {
  const wrapped = Object.entries(activities).map(
    ([key, activity]: [string, (...args: never[]) => Promise<unknown>]) => {
      const name = key as ActivityName;
      const call = async (...args: never[]): Promise<unknown> => {
        calls.push(name);
        await faults.onCall?.(name);
        const failure = faults.fail?.[name];
        const earlier = calls.filter((entry) => entry === name).length;
        if (failure === undefined || earlier > (faults.failures ?? Infinity)) return activity(...args);
        await activity(...args);
        throw ApplicationFailure.nonRetryable(`${name} failed on purpose, after its effect`, failure);
      };
      return [name, call];
    },
  );
  return Object.fromEntries(wrapped) as AllActivities;
}

function specOf(input: RunInput, faults: Faults): RunSpec {
  const spec = tinySpec(input, { required: faults.approvalRequired ?? false, fourEyes: faults.fourEyes ?? false });
  const timeouts = { ...spec.timeouts, ...faults.timeouts };
  return { ...spec, timeouts, repair: { ...spec.repair, ...faults.repair } };
}

function recordOf(stage: string, { verdict = 'pass' }: Faults): StageRecord {
  const summary =
    stage === 'evaluate'
      ? {
          verdict,
          reasons: ['perplexity 20 is under the floor of 60'],
          candidate: { perplexity: 20, tokensPerSecond: 90, taskPassRate: 1 },
          base: null,
          incumbent: null,
          comparison: null,
        }
      : {};
  return { stageKey: `sha256:${stage}`, artifact: artifactOf(stage), summary, metrics: { seconds: 1 } };
}

export function artifactOf(stage: string): Artifact {
  return { uri: `file:///store/${stage}`, digest: `sha256:${stage}`, kind: 'engine', sizeBytes: 1, fileCount: 1 };
}

function smokeReport(version: number, violations: readonly string[]): SmokeReport {
  const percentiles = { p50: 1, p95: 2, p99: 3 };
  return {
    version,
    requests: 4,
    failedRequests: 0,
    errorRate: 0,
    timeToFirstTokenMs: percentiles,
    interTokenMs: percentiles,
    totalMs: percentiles,
    answerPerplexity: 3,
    sample: null,
    violations,
  };
}

function submittedAs(submitted: readonly JobRequest[], name: string): JobRequest {
  const request = submitted.find(({ stage, attempt }) => `${stage}-${attempt}` === name);
  if (request === undefined) throw new Error(`${name} was never submitted`);
  return request;
}
