import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import type { RunInput } from '../../contracts/run-spec.ts';
import { AdapterError } from '../errors.ts';
import { isFields } from './merge-input.ts';
import { runInputSchema } from './run-input.ts';
import { kubernetesJobsOf, kubernetesJobsSchema } from './kubernetes-jobs.ts';
import { choicePhrase, closedObject, flagField, integerField, nameField } from './schema-fields.ts';
import type { FoundIssue } from './spec-issue.ts';
import { issueAt, issueLines, issuesFromZod, withoutPositions } from './spec-issue.ts';
import { resolveSourceUris } from './source-uris.ts';

const sevenDaysSeconds = 604_800;

const targetSchema = closedObject({
  approval: closedObject({
    required: flagField(false, 'A person decides before a deployment to this target.'),
    fourEyes: flagField(false, 'The approver must not be the requester.'),
    expiresSeconds: integerField({
      from: 1,
      to: 31_536_000,
      preset: sevenDaysSeconds,
      about: 'How long a run waits for a decision.',
    }),
  }).prefault({}),
});

const defaultTargets = {
  production: { approval: { required: true } },
  staging: { approval: { required: false } },
};

const jobsPhrase = 'a whole number of jobs from 1 to 1024';
const storePhrase = 'file:///directory, ./directory or s3://bucket/prefix';

const processJobsSchema = closedObject({
  runner: z.literal('process').optional().describe('Local processes. This is the default.'),
  maxParallel: z
    .int({ error: jobsPhrase })
    .min(1, { error: jobsPhrase })
    .max(1024, { error: jobsPhrase })
    .optional()
    .describe(
      'Jobs that run at once; more wait in the order of their submission. Default: one for each core and each 4 GiB of memory, whichever are fewer.',
    ),
});

/** `windlass.yaml`: what people configure. Everything has a default; an empty file is a valid one. */
export const windlassFileSchema = closedObject({
  store: closedObject({
    uri: z
      .string({ error: storePhrase })
      .regex(/^(file:\/\/\/|s3:\/\/[a-z0-9]|\.{1,2}\/)\S*$/, { error: storePhrase })
      .optional()
      .describe(`Where artifacts live: ${storePhrase}. Default: a directory of the embedded stack.`),
  }).prefault({}),
  jobs: z
    .discriminatedUnion('runner', [processJobsSchema, kubernetesJobsSchema], {
      error: choicePhrase(['process', 'kubernetes']),
    })
    .prefault({})
    .describe('Where jobs run.'),
  targets: z
    .record(nameField(), targetSchema, { error: 'targets by name' })
    .prefault(defaultTargets)
    .describe('Serving environments by name.'),
  defaultTarget: nameField().optional().describe('Target of runs that name none. Default: the first one.'),
  presets: z
    .record(nameField(), runInputSchema.partial(), { error: 'presets by name' })
    .default({})
    .describe('Partial run inputs by name; a run that names one starts from it.'),
}).describe('The platform file of Windlass.');

/** The file checked and complete; presets as they were written, with absolute source uris. */
export interface WindlassFile {
  readonly store: { readonly uri?: string };
  readonly jobs: { readonly runner: 'process'; readonly maxParallel?: number } | KubernetesJobsPlatform;
  readonly targets: z.output<typeof windlassFileSchema>['targets'];
  readonly defaultTarget: string;
  readonly presets: Readonly<Record<string, Partial<RunInput>>>;
}

/**
 * Reads `windlass.yaml`; relative uris are resolved against its folder.
 * @throws AdapterError `InvalidConfig`: every wrong field on a line of its own, or the line where the YAML breaks.
 */
export function parseWindlassFile(yamlText: string, yamlPath: string): WindlassFile {
  const value = parseYaml(yamlText, yamlPath);
  const resolved = withAbsoluteUris(value, yamlPath);
  const parsed = windlassFileSchema.safeParse(resolved);
  if (!parsed.success) throw invalidFile(yamlPath, issuesFromZod(parsed.error, resolved));
  const names = Object.keys(parsed.data.targets);
  const defaultTarget = parsed.data.defaultTarget ?? names[0] ?? '';
  if (!names.includes(defaultTarget)) {
    const expected = names.length === 0 ? 'at least one target under targets' : `one of ${names.join(', ')}`;
    throw invalidFile(yamlPath, [issueAt(['defaultTarget'], resolved, expected)]);
  }
  return {
    store: storeOf(parsed.data.store.uri),
    jobs: jobsOf(parsed.data.jobs),
    targets: parsed.data.targets,
    defaultTarget,
    presets: presetsOf(resolved),
  };
}

function storeOf(uri: string | undefined): WindlassFile['store'] {
  return uri === undefined ? {} : { uri };
}

function jobsOf(jobs: z.output<typeof windlassFileSchema>['jobs']): WindlassFile['jobs'] {
  if (jobs.runner === 'kubernetes') return kubernetesJobsOf(jobs);
  return { runner: 'process', ...(jobs.maxParallel === undefined ? {} : { maxParallel: jobs.maxParallel }) };
}

/** As written, not as parsed: filled-in defaults of a preset would hide which fields it really sets. */
function presetsOf(value: unknown): WindlassFile['presets'] {
  const presets = isFields(value) ? value['presets'] : undefined;
  return isFields(presets) ? Object.fromEntries(Object.entries(presets).filter(isPreset)) : {};
}

function isPreset(entry: [string, unknown]): entry is [string, Partial<RunInput>] {
  return isFields(entry[1]);
}

function withAbsoluteUris(value: unknown, yamlPath: string): unknown {
  if (!isFields(value) || !isFields(value['presets'])) return value;
  const presets = Object.entries(value['presets']).map(([name, preset]): [string, unknown] => [
    name,
    resolveSourceUris(preset, yamlPath),
  ]);
  return { ...value, presets: Object.fromEntries<unknown>(presets) };
}

function parseYaml(yamlText: string, yamlPath: string): unknown {
  const document = parseDocument(yamlText);
  const [first] = document.errors;
  if (first !== undefined) {
    throw new AdapterError('InvalidConfig', `${yamlPath} is no YAML: ${first.message}`, {
      system: 'platform',
      cause: first,
    });
  }
  const value: unknown = document.toJS();
  return value ?? {};
}

function invalidFile(yamlPath: string, issues: readonly FoundIssue[]): AdapterError {
  return new AdapterError('InvalidConfig', `${yamlPath} is not valid:\n${issueLines(issues)}`, {
    system: 'platform',
    details: { issues: withoutPositions(issues) },
  });
}
