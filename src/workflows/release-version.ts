import { CancellationScope, CancelledFailure, log, workflowInfo } from '@temporalio/workflow';

import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ServingOptions, SmokeTestSpec, StageTimeouts } from '../contracts/run-spec.ts';
import type {
  CommittedRelease,
  DeploymentEnd,
  DeployOutcome,
  HeldTarget,
  LeaseHolder,
  PriorState,
  Release,
  SmokeReport,
  TargetModel,
} from '../contracts/serving.ts';
import { control, leasing, serving, servingUndo } from './activity-profiles.ts';
import { convergeForDeployer } from './converge.ts';
import { failureOf, failWith, isCancelled } from './failure-of.ts';
import type { Fence } from './fence.ts';
import { createFence } from './fence.ts';
import { residentVersions } from './release-rules.ts';
import type { Saga } from './saga.ts';
import { createSaga } from './saga.ts';
import { withinTime } from './time-limit.ts';

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
  /** Seconds, waiting for the lease not counted; absent: no bounds. */
  readonly timeouts?: Pick<StageTimeouts, 'deploy' | 'smoke-test'>;
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

/** One try to release a version, and what is to be known of it when it ends early. */
interface Attempt {
  readonly order: ReleaseOrder;
  readonly progress: ReleaseProgress;
  readonly holder: LeaseHolder;
  readonly saga: Saga;
  smoke: SmokeReport | null;
  /** The target was as its log says before the first change. */
  settled: boolean;
}

/**
 * The saga: lease → prior state → compatibility → publish → load beside the live version → smoke test → switch → verify → commit.
 * Until the commit, any failure or cancellation brings every replica back to the prior state and gives the lease back. The prior state
 * is what the release log says: what an earlier deployer left half done is brought back first.
 */
export async function releaseVersion(order: ReleaseOrder, progress: ReleaseProgress = {}): Promise<DeployOutcome> {
  const { workflowId, runId } = workflowInfo();
  const attempt: Attempt = {
    order,
    progress,
    holder: { workflowId, runId },
    saga: createSaga(),
    smoke: null,
    settled: false,
  };
  try {
    return await carryOut(attempt);
  } catch (error) {
    return await rollBack(attempt, error);
  }
}

async function carryOut(attempt: Attempt): Promise<DeployOutcome> {
  const { order, holder, saga } = attempt;
  const { target } = order;
  const held = await leasing.acquireTarget({ target, holder });
  const fence = createFence(held.lease);
  const { prior, isSettled } = await convergeForDeployer({ target, held, fence, calls: servingUndo });
  attempt.settled = isSettled;
  const deployment: Deployment = { ...held, order, progress: toldTo(attempt), saga, fence, prior };
  const switchMs = await withinTime({ stage: 'deploy', seconds: order.timeouts?.deploy ?? null }, async () => {
    await prove(deployment);
    const tookMs = await switchOver(deployment);
    refuseWhenCancelled();
    return tookMs;
  });
  const committed = await commit(deployment);
  await settle(deployment, committed);
  return { kind: 'released', release: committed.release, smoke: attempt.smoke, switchMs };
}

function toldTo(attempt: Attempt): ReleaseProgress {
  const { progress } = attempt;
  return {
    ...progress,
    smokeTestEnded: (report) => {
      attempt.smoke = report;
      progress.smokeTestEnded?.(report);
    },
  };
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
  const smokeTest = { ...target, version, spec: order.smokeTest };
  const options = { summary: `smoke test of version ${version}`, retry: { maximumAttempts: 2 } };
  const report = await withinTime({ stage: 'smoke-test', seconds: order.timeouts?.['smoke-test'] ?? null }, async () =>
    serving.smokeTest.executeWithOptions(options, [smokeTest]),
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

/** What follows from a release. A step that fails for good leaves the release as it is, is told in the log, and left to the next holder. */
async function settle({ order, lease, fence }: Deployment, { keep }: CommittedRelease): Promise<void> {
  const { target } = order;
  await CancellationScope.nonCancellable(async () => {
    const isAligned = await isDone('move the aliases', async () => control.alignAliases(target));
    const isTidy = await isDone('retire old versions', async () =>
      serving.retireVersions({ ...target, keep, fence: fence() }),
    );
    const ended: DeploymentEnd = { kind: order.kind, outcome: 'released' };
    await control.releaseTarget({ target, holder: lease.holder, settled: isAligned && isTidy, ended });
  });
}

async function isDone(step: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    log.error('the release stands, but a step after it failed', { step, error: failureOf(error) });
    return false;
  }
}

async function rollBack({ order, holder, saga, smoke, settled }: Attempt, error: unknown): Promise<DeployOutcome> {
  const { target, kind } = order;
  const left = await CancellationScope.nonCancellable(async () => {
    const undone = await saga.unwind();
    const ended: DeploymentEnd = { kind, outcome: undone.length > 0 ? 'RollbackFailed' : reasonOf(error) };
    await control.releaseTarget({ target, holder, settled: settled && undone.length === 0, ended });
    return undone;
  });
  if (left.length > 0) {
    const cause = failureOf(error).message;
    throw failWith({
      name: 'RollbackFailed',
      message: `${target.model} on ${target.target} is left half changed: ${left.join('; ')}. It began with: ${cause}`,
    });
  }
  if (isCancelled(error)) throw error;
  const live = await control.findLiveRelease(target);
  return { kind: 'rolled-back', failure: failureOf(error), smoke, liveVersion: live?.version ?? null };
}

function reasonOf(error: unknown): DeploymentEnd['outcome'] {
  return isCancelled(error) ? 'cancelled' : failureOf(error).name;
}
