import { CancellationScope, CancelledFailure, log, workflowInfo } from '@temporalio/workflow';

import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ServingOptions, SmokeTestSpec } from '../contracts/run-spec.ts';
import type {
  CommittedRelease,
  DeployOutcome,
  HeldTarget,
  PriorState,
  Release,
  SmokeReport,
  TargetModel,
} from '../contracts/serving.ts';
import { control, leasing, serving, servingUndo } from './activity-profiles.ts';
import { failureOf, failWith, isCancelled } from './failure-of.ts';
import type { Fence } from './fence.ts';
import { createFence } from './fence.ts';
import { residentVersions } from './release-rules.ts';
import type { Saga } from './saga.ts';
import { createSaga } from './saga.ts';

/** A model version to be made live; deployment and rollback differ only in what they order. */
export interface ReleaseOrder {
  readonly target: TargetModel;
  readonly version: number;
  readonly engine: ArtifactRef;
  readonly serving: ServingOptions;
  /** Null: a version that was live before goes back without one. */
  readonly smokeTest: SmokeTestSpec | null;
  readonly probePrompt: string;
  readonly keepVersions: number;
  readonly kind: Release['kind'];
  readonly by: string;
}

/** What the deployment tells while it goes on. */
export interface ReleaseProgress {
  smokeTestStarted?(): void;
  smokeTestEnded?(report: SmokeReport): void;
}

interface Deployment extends HeldTarget {
  readonly order: ReleaseOrder;
  readonly progress: ReleaseProgress;
  readonly saga: Saga;
  readonly fence: Fence;
  readonly prior: PriorState;
}

/**
 * The saga: lease → prior state → compatibility → publish → load beside the live version → smoke test → switch → verify → commit.
 * Until the commit, any failure or cancellation brings every replica back to the prior state and gives the lease back.
 */
export async function releaseVersion(order: ReleaseOrder, progress: ReleaseProgress = {}): Promise<DeployOutcome> {
  const saga = createSaga();
  const holder = { workflowId: workflowInfo().workflowId, runId: workflowInfo().runId };
  let smoke: SmokeReport | null = null;
  const told: ReleaseProgress = {
    ...progress,
    smokeTestEnded: (report) => {
      smoke = report;
      progress.smokeTestEnded?.(report);
    },
  };
  try {
    saga.beforeStep('give the lease back', async () => control.releaseTarget({ target: order.target, holder }));
    const held = await leasing.acquireTarget({ target: order.target, holder });
    const prior = await serving.readPriorState(order.target);
    const fence = createFence(held.lease);
    const deployment: Deployment = { ...held, order, progress: told, saga, fence, prior };
    await prove(deployment);
    const switchMs = await switchOver(deployment);
    refuseWhenCancelled();
    const committed = await commit(deployment);
    await settle(deployment, committed);
    return { kind: 'released', release: committed.release, smoke, switchMs };
  } catch (error) {
    return await rollBack(saga, { order, error, smoke });
  }
}

type Fenced = TargetModel & { readonly version: number; readonly fence: number };

/** Publishes the version and lets it answer where users cannot reach it. */
async function prove({ order, progress, saga, fence, prior }: Deployment): Promise<void> {
  const { target, version, engine } = order;
  const fenced = (): Fenced => ({ ...target, version, fence: fence() });
  if (prior.readyVersions.includes(version)) return;
  await serving.checkEngine({ target, engine });
  if (!prior.publishedVersions.includes(version))
    saga.beforeStep('remove the published files', async () => servingUndo.unpublishVersion(fenced()));
  await serving.publishVersion({ ...fenced(), engine, serving: order.serving });
  if (order.smokeTest === null) return;
  saga.beforeStep('unload the candidate', async () => servingUndo.unloadCandidate(fenced()));
  await serving.loadCandidate.executeWithOptions({ summary: `load version ${version} beside the live one` }, [
    fenced(),
  ]);
  progress.smokeTestStarted?.();
  const report = await serving.smokeTest.executeWithOptions(
    { summary: `smoke test of version ${version}`, retry: { maximumAttempts: 2 } },
    [{ ...target, version, spec: order.smokeTest }],
  );
  progress.smokeTestEnded?.(report);
  if (report.violations.length > 0) {
    throw failWith({ name: 'SmokeTestFailed', message: `version ${version}: ${report.violations.join('; ')}` });
  }
  await serving.unloadCandidate(fenced());
}

async function switchOver(deployment: Deployment): Promise<number> {
  const { order, saga, fence, prior } = deployment;
  const { target, version } = order;
  saga.beforeStep('show the prior versions', async () =>
    servingUndo.showVersions({ ...target, versions: prior.readyVersions, fence: fence() }),
  );
  const versions = residentAfter(deployment);
  const { switchMs } = await serving.showVersions.executeWithOptions(
    { summary: `switch to version ${version} (resident: ${versions.join(', ')})` },
    [{ ...target, versions, fence: fence() }],
  );
  await serving.verifyRoute({ ...target, version, prompt: order.probePrompt });
  return switchMs;
}

function residentAfter({ order, liveVersion, prior }: Deployment): readonly number[] {
  const { version, keepVersions } = order;
  return residentVersions({ version, live: liveVersion, ready: prior.readyVersions, keepVersions });
}

/** An activity may end well after a cancellation came: the commit must not follow it. */
function refuseWhenCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled before the commit');
}

/** From here on there is no way back but a rollback: the release stands once the target's log has it. */
async function commit(deployment: Deployment): Promise<CommittedRelease> {
  const { order, lease, saga } = deployment;
  const { target, version, engine, kind, by, probePrompt, keepVersions, serving: options } = order;
  const runId = workflowInfo().workflowId;
  const resident = residentAfter(deployment);
  const draft = { version, engine, serving: options, probePrompt, keepVersions, kind, runId, by, resident };
  const committed = await CancellationScope.nonCancellable(async () =>
    control.commitRelease({ target, lease, release: draft }),
  );
  saga.commit();
  return committed;
}

/** What follows from a release. A step that fails for good leaves the release as it is, and is told in the log. */
async function settle({ order, lease, fence }: Deployment, { previousVersion, keep }: CommittedRelease): Promise<void> {
  const { target, version } = order;
  await CancellationScope.nonCancellable(async () => {
    const aliases = { ...target, champion: version, previous: previousVersion };
    await untilGivenUp('move the aliases', async () => control.moveAliases(aliases));
    await untilGivenUp('retire old versions', async () => serving.retireVersions({ ...target, keep, fence: fence() }));
    await control.releaseTarget({ target, holder: lease.holder });
  });
}

async function untilGivenUp(step: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    log.error('the release stands, but a step after it failed', { step, error: failureOf(error) });
  }
}

interface Interrupted {
  readonly order: ReleaseOrder;
  readonly error: unknown;
  readonly smoke: SmokeReport | null;
}

async function rollBack(saga: Saga, { order, error, smoke }: Interrupted): Promise<DeployOutcome> {
  const left = await saga.unwind();
  if (left.length > 0) {
    const { target, model } = order.target;
    const cause = failureOf(error).message;
    throw failWith({
      name: 'RollbackFailed',
      message: `${target} must be brought back by hand (model ${model}): ${left.join('; ')}. It began with: ${cause}`,
    });
  }
  if (isCancelled(error)) throw error;
  const live = await control.findLiveRelease(order.target);
  return { kind: 'rolled-back', failure: failureOf(error), smoke, liveVersion: live?.version ?? null };
}
