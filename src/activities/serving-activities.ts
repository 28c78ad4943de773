import { cancellationSignal } from '@temporalio/activity';

import type { ArtifactRef } from '../contracts/artifact.ts';
import { candidateModelName } from '../contracts/names.ts';
import type {
  ReplicaSnapshot,
  SmokeReport,
  SmokeTestRequest,
  TargetModel,
  VersionsToShow,
  VersionToServe,
} from '../contracts/serving.ts';
import { AdapterError } from '../adapters/errors.ts';
import type { ArtifactStore } from '../ports/object-store.ts';
import type { ServingReplica } from '../ports/serving-replica.ts';
import { mismatches } from './engine-compatibility.ts';
import { runSmokeTest } from './smoke/smoke-test.ts';
import type { VerifyRoute } from './verify-route.ts';
import { verifyRoute } from './verify-route.ts';

/**
 * What a deployer does to a target: every call acts on all replicas, carries the lease's fencing token, and may be repeated.
 * Served by the worker that has the rights of Triton and its model repository.
 */
export interface ServingActivities {
  /** Raises the fence on every replica, so that no earlier deployer changes it any more, and then tells what each shows. */
  takeOver(request: TargetModel & { readonly fence: number }): Promise<readonly ReplicaSnapshot[]>;
  /** Compares the engine's manifest with the target. @throws `IncompatibleEnvironment`, naming each difference */
  checkEngine(request: { readonly target: TargetModel; readonly engine: ArtifactRef }): Promise<void>;
  publishVersion(request: VersionToServe): Promise<void>;
  unpublishVersion(request: Pick<VersionToServe, 'target' | 'model' | 'version' | 'fence'>): Promise<void>;
  loadCandidate(request: Pick<VersionToServe, 'target' | 'model' | 'version' | 'fence'>): Promise<void>;
  unloadCandidate(request: TargetModel & { readonly fence: number }): Promise<void>;
  /** Asks the candidate on every replica; the report is of the worst replica. A missed bound is a violation, not an exception. */
  smokeTest(request: SmokeTestRequest): Promise<SmokeReport>;
  /** Switches what users reach; milliseconds of the slowest replica. */
  showVersions(request: VersionsToShow): Promise<{ readonly switchMs: number }>;
  /** Asks without a version, as users do. @throws `VerificationFailed` when another version answers or nothing comes */
  verifyRoute(request: VerifyRoute): Promise<void>;
  /** Removes the files of versions outside `keep`. */
  retireVersions(
    request: TargetModel & { readonly keep: readonly number[]; readonly fence: number },
  ): Promise<readonly number[]>;
}

export interface ServingActivityDependencies {
  readonly replicas: Readonly<Record<string, readonly ServingReplica[]>>;
  readonly artifacts: ArtifactStore;
}

export function createServingActivities({ replicas, artifacts }: ServingActivityDependencies): ServingActivities {
  const each = async <Result>(
    { target }: { readonly target: string },
    act: (replica: ServingReplica) => Promise<Result>,
  ): Promise<Result[]> => allDone(replicasOf(replicas, target).map(act));

  return {
    takeOver: async (request) => each(request, async (replica) => takeOver(replica, request)),
    checkEngine: async ({ target, engine }) => checkEngine(artifacts, replicasOf(replicas, target.target), engine),
    publishVersion: async (request) =>
      void (await each(request, async (replica) => replica.publish(request, { signal: cancellationSignal() }))),
    unpublishVersion: async (request) => void (await each(request, async (replica) => replica.unpublish(request))),
    loadCandidate: async (request) => void (await each(request, async (replica) => replica.loadCandidate(request))),
    unloadCandidate: async (request) => void (await each(request, async (replica) => replica.unloadCandidate(request))),
    smokeTest: async (request) =>
      worst(
        await each(request, async (replica) =>
          runSmokeTest(replica, request, {
            modelName: candidateModelName(request.model),
            signal: cancellationSignal(),
          }),
        ),
      ),
    showVersions: async (request) => ({
      switchMs: Math.max(...(await each(request, async (replica) => timed(async () => replica.showVersions(request))))),
    }),
    verifyRoute: async (request) => void (await each(request, async (replica) => verifyRoute(replica, request))),
    retireVersions: async (request) => (await each(request, async (replica) => retire(replica, request))).flat(),
  };
}

/** Each to its end, though another fails: a change that still goes on must not meet the one that follows. */
async function allDone<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

function replicasOf(replicas: ServingActivityDependencies['replicas'], target: string): readonly ServingReplica[] {
  const found = replicas[target];
  if (found !== undefined) return found;
  throw new AdapterError('NotFound', `no target "${target}"; there is ${Object.keys(replicas).join(', ')}`, {
    system: 'triton',
  });
}

async function takeOver(
  replica: ServingReplica,
  request: { readonly model: string; readonly fence: number },
): Promise<ReplicaSnapshot> {
  await replica.raiseFence(request);
  const { index: _index, ...state } = await replica.readState(request.model);
  return { replica: replica.name, ...state };
}

async function checkEngine(
  artifacts: ArtifactStore,
  replicas: readonly ServingReplica[],
  engine: ArtifactRef,
): Promise<void> {
  const manifest = await artifacts.manifest(engine);
  for (const replica of replicas) {
    const differences = mismatches(manifest.attributes, await replica.describeMachine());
    if (differences.length === 0) continue;
    throw new AdapterError(
      'IncompatibleEnvironment',
      `the engine does not fit replica ${replica.name}: ${differences.join('; ')}. Build it for this machine.`,
      { system: 'triton', details: { engine: engine.digest } },
    );
  }
}

async function retire(
  replica: ServingReplica,
  request: TargetModel & { readonly keep: readonly number[]; readonly fence: number },
): Promise<number[]> {
  const { publishedVersions, stagedVersions } = await replica.readState(request.model);
  // A worker that was killed while it removed a version has left it unpublished, with its files beside the repository.
  const all = new Set([...publishedVersions, ...stagedVersions]);
  const old = [...all].filter((version) => !request.keep.includes(version));
  for (const version of old) await replica.unpublish({ model: request.model, version, fence: request.fence });
  return old;
}

function worst(reports: readonly SmokeReport[]): SmokeReport {
  const [first, ...others] = reports;
  if (first === undefined) throw new AdapterError('NotFound', 'the target has no replicas', { system: 'triton' });
  return others.reduce((found, report) => (isWorse(report, found) ? report : found), first);
}

function isWorse(report: SmokeReport, than: SmokeReport): boolean {
  if (report.violations.length !== than.violations.length) return report.violations.length > than.violations.length;
  return report.errorRate > than.errorRate || report.totalMs.p95 > than.totalMs.p95;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return Math.round(performance.now() - startedMs);
}
