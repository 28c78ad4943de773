import { workflowInfo } from '@temporalio/workflow';

import type { ArtifactRef } from '../contracts/artifact.ts';
import { control } from './activity-profiles.ts';
import { namingFailures } from './failure-of.ts';
import { runJob } from './run-job.ts';

export interface ImportModelInput {
  /** Directory of a checkpoint, `.gguf` file, `hf://repo@revision`, or `package:<installed package>`. */
  readonly source: string;
  readonly name: string;
}

/** Makes a base model artifact and gives it a name; a name that stands already is not imported again. */
export async function importModel(input: ImportModelInput): Promise<ArtifactRef> {
  return namingFailures(async () => importUnlessKnown(input));
}

async function importUnlessKnown({ source, name }: ImportModelInput): Promise<ArtifactRef> {
  const known = await control.findBaseModel(name);
  if (known !== null) return known;
  const parameters = { source, name, hubDirectory: null };
  const { workflowId, runId: executionId } = workflowInfo();
  const { stageKey } = await control.planStage({
    stage: 'import-model',
    inputs: {},
    parameters: { ...parameters, executionId },
    jobsDigest: '',
    holder: { workflowId, runId: executionId },
    reuse: false,
    olderJobsDigests: [],
  });
  const { record } = await runJob({
    stage: 'import-model',
    inputs: {},
    parameters,
    outputKind: 'base-model',
    runId: workflowId,
    stageKey,
  });
  const { uri, digest, kind } = record.artifact;
  await control.nameBaseModel({ name, artifact: { uri, digest, kind } });
  return { uri, digest, kind };
}
