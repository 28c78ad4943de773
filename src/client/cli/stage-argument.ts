import { InvalidArgumentError } from 'commander';

import type { JobStageName, StageName } from '../../contracts/stage.ts';
import { jobStageNames, stageNames } from '../../contracts/stage.ts';

export function parseStage(text: string): StageName {
  return oneOf(stageNames, text);
}

export function parseJobStage(text: string): JobStageName {
  return oneOf(jobStageNames, text);
}

function oneOf<Name extends string>(names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${names.join(', ')}.`);
  return found;
}
