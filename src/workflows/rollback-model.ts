import type { DeployOutcome, Release } from '../contracts/serving.ts';
import { control } from './activity-profiles.ts';
import { failWith, namingFailures } from './failure-of.ts';
import { rollbackGoal } from './release-rules.ts';
import { releaseVersion } from './release-version.ts';

export interface RollbackModelInput {
  readonly target: string;
  readonly model: string;
  /** Version to go back to; absent: what was live before. */
  readonly to?: number;
  readonly requester: string;
}

/** Makes an earlier release live again: the deployment's own code with that release as its goal. */
export async function rollbackModel(input: RollbackModelInput): Promise<DeployOutcome> {
  return namingFailures(async () => rollBack(input));
}

async function rollBack({ target, model, to, requester }: RollbackModelInput): Promise<DeployOutcome> {
  const { releases } = await control.viewTarget({ target, model });
  const { version, engine, serving, probePrompt, keepVersions } = goalOf(releases, { target, model, to });
  const outcome = await releaseVersion({
    target: { target, model },
    version,
    engine,
    serving,
    probePrompt,
    keepVersions,
    smokeTest: null,
    kind: 'rollback',
    by: requester,
  });
  if (outcome.kind === 'rolled-back') throw failWith(outcome.failure);
  return outcome;
}

function goalOf(
  releases: readonly Release[],
  { target, model, to }: { readonly target: string; readonly model: string; readonly to: number | undefined },
): Release {
  const goal = rollbackGoal(releases, to);
  if (goal !== null) return goal;
  const known = [...new Set(releases.map(({ version }) => version))].join(', ') || 'none';
  const wanted = to === undefined ? 'earlier release' : `release of version ${to}`;
  throw failWith({
    name: 'NotFound',
    message: `${model} has no ${wanted} on ${target}; versions released there: ${known}`,
  });
}
