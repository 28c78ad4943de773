import { cancellationSignal } from '@temporalio/activity';

import type {
  CommittedRelease,
  DeploymentEnd,
  HeldTarget,
  Lease,
  LeaseHolder,
  LeaseReturn,
  Release,
  RollbackGoal,
  TargetModel,
  TargetView,
} from '../contracts/serving.ts';
import type { Metrics } from '../ports/metrics.ts';
import { unmeasured } from '../ports/metrics.ts';
import type { ReleaseDraft, TargetGate } from '../ports/target-gate.ts';
import type { ModelRegistry } from '../ports/tracking.ts';
import type { WorkflowExecutions } from '../ports/workflow-executions.ts';

/**
 * Lease, log and state of a target, for workflows (which cannot send updates themselves). Idempotent per holder. No answer holds the
 * release log: it grows with the years, and every answer stands in a history.
 */
export interface TargetActivities {
  /** Waits in the target's queue as long as it takes. @throws `TargetFrozen` */
  acquireTarget(request: { readonly target: TargetModel; readonly holder: LeaseHolder }): Promise<HeldTarget>;
  /** Gives the lease back, or leaves the queue. `ended` is counted; absent: the target was only brought back to its log. */
  releaseTarget(request: LeaseReturn & { readonly target: TargetModel; readonly ended?: DeploymentEnd }): Promise<void>;
  /** @throws `StaleFence` */
  commitRelease(request: CommitRelease): Promise<CommittedRelease>;
  /** Null: nothing is live. */
  findLiveRelease(target: TargetModel): Promise<Release | null>;
  findRollbackGoal(request: { readonly target: TargetModel; readonly to?: number }): Promise<RollbackGoal>;
  /**
   * Makes the aliases of the registry follow the release log: `champion` is what is live, `previous` what was live before. Whoever
   * calls it, and however late, it moves them to what the log says now.
   */
  alignAliases(target: TargetModel): Promise<void>;
  /** Whether the workflow that holds a lease still runs. */
  isHolderOpen(holder: LeaseHolder): Promise<boolean>;
}

export interface CommitRelease {
  readonly target: TargetModel;
  readonly lease: Lease;
  readonly release: ReleaseDraft;
}

export interface TargetActivityDependencies {
  readonly gate: TargetGate;
  readonly registry: Pick<ModelRegistry, 'setAlias'>;
  readonly executions: Pick<WorkflowExecutions, 'isOpen'>;
  readonly metrics?: Metrics;
}

export function createTargetActivities(dependencies: TargetActivityDependencies): TargetActivities {
  const { gate, executions, metrics = unmeasured } = dependencies;
  return {
    acquireTarget: async ({ target, holder }) => {
      const lease = await gate.acquire(target, holder, cancellationSignal());
      const { live, goal } = await gate.view(target);
      return { lease, liveVersion: live?.version ?? null, goal };
    },
    releaseTarget: async ({ target, ended, ...returned }) => {
      await gate.release(target, returned);
      if (ended !== undefined) metrics.count('windlass_deployments_total', { target: target.target, ...ended });
    },
    commitRelease: async ({ target, lease, release }) => gate.commit(target, lease, release),
    findLiveRelease: async (target) => (await gate.view(target)).live,
    findRollbackGoal: async ({ target, to }) => gate.rollbackGoal(target, to),
    alignAliases: async (target) => alignAliases(dependencies, target),
    isHolderOpen: async (holder) => executions.isOpen(holder),
  };
}

/** The registry has no compare-and-set: a log that has grown meanwhile is followed once more. */
async function alignAliases(
  dependencies: Pick<TargetActivityDependencies, 'gate' | 'registry'>,
  target: TargetModel,
): Promise<void> {
  const view = await dependencies.gate.view(target);
  for (const [alias, version] of aliasesOf(view)) await dependencies.registry.setAlias(target.model, alias, version);
  const { live } = await dependencies.gate.view(target);
  if (live?.sequence !== view.live?.sequence) await alignAliases(dependencies, target);
}

/** `production` owns the plain names; other targets' aliases carry the target's name. */
function aliasesOf({ target, live, previous }: TargetView): [string, number | null][] {
  const suffix = target === 'production' ? '' : `-${target}`;
  return [
    [`previous${suffix}`, previous?.version ?? null],
    [`champion${suffix}`, live?.version ?? null],
  ];
}
