import { z } from 'zod';
import {
  choiceOf,
  closedObject,
  flagField,
  integerField,
  listOf,
  numberField,
  numberOrNull,
  textOf,
} from './schema-fields.ts';

const kinds = ['non-empty', 'contains', 'not-contains', 'regex', 'length', 'no-replacement-characters'] as const;

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const needle = {
  text: textOf(1, 2000),
  ignoreCase: flagField(false, 'Upper and lower case count as equal.'),
};

const patternPhrase = 'a regular expression that compiles, of 1 to 2000 characters';

const expectation = z.discriminatedUnion(
  'kind',
  [
    closedObject({ kind: z.literal('non-empty') }),
    closedObject({ kind: z.literal('contains'), ...needle }),
    closedObject({ kind: z.literal('not-contains'), ...needle }),
    closedObject({
      kind: z.literal('regex'),
      pattern: z
        .string({ error: patternPhrase })
        .min(1, { error: patternPhrase })
        .max(2000, { error: patternPhrase })
        .refine(isPattern, { error: patternPhrase }),
    }),
    closedObject({
      kind: z.literal('length'),
      minChars: integerField({ from: 0, to: 1_000_000, preset: 0, about: 'Fewest characters.' }),
      maxChars: integerField({ from: 1, to: 1_000_000, preset: 1_000_000, about: 'Most characters.' }),
    }),
    closedObject({ kind: z.literal('no-replacement-characters') }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? `one of ${kinds.map((kind) => `"${kind}"`).join(', ')}`
        : 'an object with a kind',
  },
);

const promptTask = closedObject({
  prompt: textOf(1, 20_000).describe('What the model is asked.'),
  expect: listOf(expectation, { from: 0, to: 20 }).default([]).describe('Properties every answer must have.'),
});

export const buildSchema = closedObject({
  quantization: choiceOf(['none', 'int8', 'int4']).default('int8').describe('Precision of the weights.'),
  maxInputTokens: integerField({ from: 16, to: 131_072, preset: 1024, about: 'Longest prompt.' }),
  maxOutputTokens: integerField({ from: 1, to: 131_072, preset: 256, about: 'Longest answer.' }),
  parity: closedObject({
    items: integerField({
      from: 1,
      to: 10_000,
      preset: 16,
      about: 'Held-out rows compared between checkpoint and engine.',
    }),
    maxPerplexityRatio: numberField({
      from: 1,
      to: 100,
      preset: 1.1,
      about: 'Engine perplexity over checkpoint perplexity.',
    }),
  }).prefault({}),
}).describe('How the engine is built.');

const bound = (from: number, about: string): z.ZodDefault<z.ZodNullable<z.ZodNumber>> =>
  numberOrNull({ from, to: 1e9, preset: null, about });

export const evaluateSchema = closedObject({
  maxItems: integerField({ from: 1, to: 1_000_000, preset: 200, about: 'Rows of the test split that are scored.' }),
  maxNewTokens: integerField({ from: 1, to: 131_072, preset: 48, about: 'Longest answer to a task.' }),
  sampleAnswers: integerField({ from: 0, to: 200, preset: 8, about: 'Answers shown side by side in the report.' }),
  tasks: listOf(promptTask, { from: 0, to: 500 }).default([]).describe('Prompts whose answers must have properties.'),
  floors: closedObject({
    maxPerplexity: bound(1, 'Highest perplexity per response token; null = no bound.'),
    minTokensPerSecond: bound(0, 'Lowest speed; null = no bound.'),
    minTaskPassRate: numberOrNull({
      from: 0,
      to: 1,
      preset: null,
      about: 'Lowest share of passed tasks; null = no bound.',
    }),
  }).prefault({}),
  compare: closedObject({
    against: choiceOf(['incumbent', 'base', 'none'])
      .default('incumbent')
      .describe('What the candidate is compared with.'),
    margin: numberField({ from: 0, to: 10, preset: 0.05, about: 'Log-likelihood per token that may be lost at most.' }),
    confidence: numberField({ from: 0.5, to: 0.999, preset: 0.95, about: 'Confidence of the interval.' }),
    minItems: integerField({ from: 1, to: 1_000_000, preset: 30, about: 'Fewer items are inconclusive.' }),
    resamples: integerField({ from: 100, to: 1_000_000, preset: 2000, about: 'Bootstrap resamples.' }),
    seed: integerField({ from: 0, to: 4_294_967_295, preset: 17, about: 'Seed of the bootstrap.' }),
  }).prefault({}),
}).describe('How the built engine is judged.');

/** Absent fields come from the target. */
export const approvalSchema = closedObject({
  required: z.boolean({ error: 'true or false' }).optional().describe('A person decides before the deployment.'),
  fourEyes: z.boolean({ error: 'true or false' }).optional().describe('The approver must not be the requester.'),
  expiresSeconds: z
    .int({ error: 'a whole number from 1 to 31536000' })
    .min(1, { error: 'a whole number from 1 to 31536000' })
    .max(31_536_000, { error: 'a whole number from 1 to 31536000' })
    .optional()
    .describe('How long the run waits for a decision.'),
}).describe('May add to what the target asks for, never take away.');

export const deploySchema = closedObject({
  serving: closedObject({
    maxNewTokens: integerField({ from: 1, to: 131_072, preset: 128, about: 'Longest answer served.' }),
    cacheSizeGb: integerField({ from: 1, to: 1024, preset: 1, about: 'Memory of the key-value cache.' }),
    maxConcurrent: integerField({ from: 1, to: 4096, preset: 16, about: 'Requests in flight.' }),
    threads: integerField({ from: 1, to: 1024, preset: 2, about: 'CPU threads.' }),
  }).prefault({}),
  keepVersions: integerField({
    from: 0,
    to: 10,
    preset: 1,
    about: 'Earlier versions that stay loaded for a quick rollback.',
  }),
}).describe('How the engine is served.');

const defaultPrompts = [
  { prompt: 'Say hello.', expect: [{ kind: 'non-empty' as const }, { kind: 'no-replacement-characters' as const }] },
];

export const smokeTestSchema = closedObject({
  prompts: listOf(promptTask, { from: 1, to: 100 }).default(defaultPrompts).describe('Asked unary and streaming.'),
  maxNewTokens: integerField({ from: 1, to: 131_072, preset: 48, about: 'Longest answer.' }),
  warmupRequests: integerField({ from: 0, to: 1000, preset: 1, about: 'Requests sent first and not counted.' }),
  repeats: integerField({ from: 1, to: 1000, preset: 3, about: 'Times each prompt is asked.' }),
  sla: closedObject({
    ttftP95Ms: numberOrNull({
      from: 0,
      to: 3_600_000,
      preset: 5000,
      about: 'Time to the first token, p95; null = no bound.',
    }),
    interTokenP95Ms: numberOrNull({
      from: 0,
      to: 3_600_000,
      preset: 1000,
      about: 'Time between tokens, p95; null = no bound.',
    }),
    totalP95Ms: numberOrNull({
      from: 0,
      to: 3_600_000,
      preset: 60_000,
      about: 'Time of a whole answer, p95; null = no bound.',
    }),
    maxErrorRate: numberField({ from: 0, to: 1, preset: 0, about: 'Share of requests that may fail.' }),
    maxAnswerPerplexity: bound(1, "Highest perplexity of the model's own answers; null = no bound."),
  }).prefault({}),
}).describe('What the new version must do before users reach it.');
