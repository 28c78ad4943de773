import type { DeployOutcome, Release, TargetModel } from '../contracts/serving.ts';
import { control } from './activity-profiles.ts';
import { failWith, namingFailures } from './failure-of.ts';
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
  const { version, engine, serving, probePrompt, keepVersions } = await findGoal({ target, model }, to);
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

async function findGoal({ target, model }: TargetModel, to?: number): Promise<Release> {
  const wish = to === undefined ? {} : { to };
  const { release, releasedVersions } = await control.findRollbackGoal({ target: { target, model }, ...wish });
  if (release !== null) return release;
  const known = releasedVersions.join(', ') || 'none';
  const wanted = to === undefined ? 'earlier release' : `release of version ${to}`;
  throw failWith({
    name: 'NotFound',
    message: `${model} has no ${wanted} on ${target}; versions released there: ${known}`,
  });
}
