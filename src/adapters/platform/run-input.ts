import { z } from 'zod';
import { dataSchema } from './run-input-data.ts';
import { approvalSchema, buildSchema, deploySchema, evaluateSchema, smokeTestSchema } from './run-input-release.ts';
import { repairSchema } from './run-input-repair.ts';
import { stallTimeoutsSchema, timeoutsSchema } from './run-input-timeouts.ts';
import { trainSchema } from './run-input-train.ts';
import { choiceOf, closedObject, flagField, nameField, textOf } from './schema-fields.ts';

const modelPhrase =
  'a name of lower-case letters, digits and single "-" that starts with a letter, 48 characters at most';

/** Triton serves a model as `<name>` and its candidate as `<name>--candidate`: `--` would let two models meet. */
const modelName = z
  .string({ error: modelPhrase })
  .regex(/^[a-z](?!.*--)[a-z0-9-]{0,47}$/, { error: modelPhrase })
  .describe('Registered model; also its name in Triton.');

/** What a person or a service hands to a run: every field but `model` has a default, unknown fields are refused. */
export const runInputSchema = closedObject({
  apiVersion: choiceOf(['windlass/v1']).default('windlass/v1').describe('Version of this format.'),
  model: modelName,
  preset: nameField().nullable().default(null).describe('Preset of windlass.yaml that fills in more fields.'),
  requester: textOf(1, 100).default('unknown').describe('Who asked for the run.'),
  baseModel: nameField().nullable().default(null).describe('Imported base model; null for method scratch.'),
  runtime: choiceOf(['openvino']).default('openvino').describe('How a checkpoint becomes something Triton serves.'),
  target: nameField().optional().describe('Where the model is deployed; default: defaultTarget of windlass.yaml.'),
  reuse: flagField(true, 'Take results of earlier runs that did the same work; false: do it all anew.'),
  data: dataSchema.prefault({}),
  train: trainSchema.prefault({}),
  build: buildSchema.prefault({}),
  evaluate: evaluateSchema.prefault({}),
  repair: repairSchema.prefault({}),
  approval: approvalSchema.prefault({}),
  deploy: deploySchema.prefault({}),
  smokeTest: smokeTestSchema.prefault({}),
  timeouts: timeoutsSchema.prefault({}),
  stallTimeouts: stallTimeoutsSchema.prefault({}),
}).describe('Input of llmPipeline: what a Windlass run is asked to do.');

export type ParsedRunInput = z.output<typeof runInputSchema>;
