import type { DeployOutcome } from '../contracts/serving.ts';
import { control } from './activity-profiles.ts';
import { failWith, namingFailures } from './failure-of.ts';
import { releaseVersion } from './release-version.ts';

export interface DeployModelInput {
  readonly target: string;
  readonly model: string;
  readonly version: number;
  readonly requester: string;
}

/** Makes a registered version live on a target, with the serving options and the smoke test of the run that made it. */
export async function deployModel(input: DeployModelInput): Promise<DeployOutcome> {
  return namingFailures(async () => deploy(input));
}

async function deploy({ target, model, version, requester }: DeployModelInput): Promise<DeployOutcome> {
  const plan = await control.describeVersion({ model, version });
  const outcome = await releaseVersion({ ...plan, target: { target, model }, version, kind: 'deploy', by: requester });
  if (outcome.kind === 'rolled-back') throw failWith(outcome.failure);
  return outcome;
}
