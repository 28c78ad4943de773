import { z } from 'zod';
import type { Platform } from '../../contracts/platform.ts';
import { AdapterError } from '../errors.ts';
import { kubernetesJobsOf, kubernetesJobsSchema } from './kubernetes-jobs.ts';
import { choicePhrase, closedObject, nameField, textOf } from './schema-fields.ts';
import { issueLines, issuesFromZod, withoutPositions } from './spec-issue.ts';

const words = textOf(1, 4000);

const replica = closedObject({
  name: words,
  grpcAddress: words,
  httpUrl: words,
  repositoryDirectory: words,
  desiredDirectory: words,
  secretFile: words,
  machineFile: words,
});

const approval = closedObject({
  required: z.boolean({ error: 'true or false' }),
  fourEyes: z.boolean({ error: 'true or false' }),
  expiresSeconds: z.int({ error: 'a whole number of seconds' }).min(1, { error: 'a whole number of seconds' }),
});

const processJobs = closedObject({
  runner: z.literal('process'),
  python: words,
  packageDirectory: words,
  directory: words,
  maxParallel: z.int({ error: 'a whole number of jobs' }).min(1, { error: 'at least 1' }),
});

const platformSchema = closedObject({
  schema: z.literal('windlass.platform/v1', { error: '"windlass.platform/v1"' }),
  temporal: closedObject({ address: words, namespace: words, uiUrl: words.nullable() }),
  store: closedObject({ uri: words }),
  mlflow: closedObject({ url: words }),
  jobs: z.discriminatedUnion('runner', [processJobs, kubernetesJobsSchema], {
    error: choicePhrase(['process', 'kubernetes']),
  }),
  targets: z.record(nameField(), closedObject({ approval, replicas: z.array(replica) }), { error: 'targets by name' }),
  presets: z.record(nameField(), z.record(z.string(), z.unknown()), { error: 'presets by name' }),
  defaultTarget: nameField(),
});

/**
 * `platform.json`, as workers and the CLI read it.
 * @throws AdapterError `InvalidConfig`: every wrong field on a line of its own.
 */
export function parsePlatform(text: string): Platform {
  const value = parseJson(text);
  const parsed = platformSchema.safeParse(value);
  if (parsed.success) {
    const { jobs } = parsed.data;
    return { ...parsed.data, jobs: jobs.runner === 'process' ? jobs : kubernetesJobsOf(jobs) };
  }
  const issues = issuesFromZod(parsed.error, value);
  throw new AdapterError('InvalidConfig', `platform.json is not valid:\n${issueLines(issues)}`, {
    system: 'platform',
    details: { issues: withoutPositions(issues) },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AdapterError('InvalidConfig', `platform.json is no JSON: ${reason}`, { system: 'platform', cause });
  }
}
