import { log } from '@temporalio/workflow';

import type { HeldTarget, PriorState, ReplicaSnapshot, TargetModel } from '../contracts/serving.ts';
import type { servingUndo } from './activity-profiles.ts';
import { control, serving } from './activity-profiles.ts';
import type { ConvergencePlan } from './convergence-plan.ts';
import { commonState, describePlan, planConvergence } from './convergence-plan.ts';
import { failureOf, isCancelled } from './failure-of.ts';
import type { Fence } from './fence.ts';

/** A target under a lease, and how stubbornly it is to be changed. */
export interface Convergence {
  readonly target: TargetModel;
  readonly held: HeldTarget;
  readonly fence: Fence;
  readonly calls: typeof servingUndo;
}

export interface Converged {
  readonly prior: PriorState;
  /** What was changed, in words; empty: the target was as its log says. */
  readonly changes: readonly string[];
}

/**
 * Brings every replica back to what the head of the release log says: versions shown, candidate unloaded, files that nobody needs
 * removed. After a holder that did not settle the target, the aliases too. Where all is in place, no server is asked for anything.
 */
export async function converge(convergence: Convergence): Promise<Converged> {
  const { target, held } = convergence;
  const replicas = await takeOver(convergence);
  const plan = planConvergence(held.goal, replicas);
  const changes = describePlan(plan);
  if (changes.length > 0) log.warn('the target is brought back to its release log', { changes, replicas });
  await apply(convergence, plan);
  if (held.lease.unsettled) await control.alignAliases(target);
  return { prior: plan.after, changes };
}

/**
 * As {@link converge}, for a deployer: a target that cannot be brought back (its engine does not load any more) must not bar the way
 * of the version that mends it. It goes on from what the replicas show, where they agree, and leaves the target unsettled if it fails.
 */
export async function convergeForDeployer(
  convergence: Convergence,
): Promise<Converged & { readonly isSettled: boolean }> {
  try {
    return { ...(await converge(convergence)), isSettled: true };
  } catch (error) {
    if (isCancelled(error) || failureOf(error).name === 'StaleFence') throw error;
    const prior = commonState(await takeOver(convergence));
    if (prior === null) throw error;
    log.error('the target could not be brought back to its release log', { failure: failureOf(error), prior });
    return { prior, changes: [], isSettled: false };
  }
}

/** From here on no earlier deployer changes a replica any more: what they show stays so. */
async function takeOver({ target, fence }: Convergence): Promise<readonly ReplicaSnapshot[]> {
  return serving.takeOver({ ...target, fence: fence() });
}

/** Room is made before versions are loaded; files go last, when nothing uses them. */
async function apply(convergence: Convergence, plan: ConvergencePlan): Promise<void> {
  const { target, fence, calls } = convergence;
  for (const version of plan.publish) await publish(convergence, version);
  if (plan.unloadCandidate) await calls.unloadCandidate({ ...target, fence: fence() });
  if (plan.show !== null) {
    const summary = `bring back version ${plan.show.join(', ') || 'none'}`;
    await calls.showVersions.executeWithOptions({ summary }, [{ ...target, versions: plan.show, fence: fence() }]);
  }
  for (const version of plan.remove) await calls.unpublishVersion({ ...target, version, fence: fence() });
}

/** The engine comes out of the store again, as the version was last released. */
async function publish({ target, fence, calls }: Convergence, version: number): Promise<void> {
  const { release } = await control.findRollbackGoal({ target, to: version });
  if (release === null) return;
  const { engine, serving: options } = release;
  await calls.publishVersion({ ...target, version, engine, serving: options, fence: fence() });
}
