import type { Platform } from '../../contracts/platform.ts';
import { completeSources } from './complete-run.ts';
import { nearestName } from './nearest-name.ts';
import type { ParsedRunInput } from './run-input.ts';
import { choicePhrase } from './schema-fields.ts';
import type { IssuePath } from './spec-issue.ts';

/** What a rule finds wrong: where, what is allowed there, and (where the value alone does not show it) what was found. */
export interface RuleIssue {
  readonly at: IssuePath;
  readonly expected: string;
  readonly found?: string;
}

export interface RuleContext {
  readonly input: ParsedRunInput;
  readonly platform: Platform;
}

/** A rule over several fields; it is skipped where one of the fields it reads is wrong already. */
interface RunRule {
  readonly reads: readonly string[];
  readonly check: (context: RuleContext) => readonly RuleIssue[];
}

const rules: readonly RunRule[] = [
  { reads: ['preset', 'baseModel', 'train.method'], check: checkBaseModel },
  { reads: ['preset', 'train.method', 'train.scratch'], check: checkScratch },
  { reads: ['train.scratch'], check: checkHeads },
  { reads: ['train.warmupSteps', 'train.steps'], check: checkWarmup },
  { reads: ['preset', 'data.sources'], check: checkSourcesPresent },
  { reads: ['data.sources', 'data.kind'], check: checkSourceFields },
  { reads: ['data.split'], check: checkSplit },
  { reads: ['data.clean.minChars', 'data.clean.maxChars'], check: checkLengths },
  { reads: ['evaluate.tasks'], check: ({ input }) => checkTasks(['evaluate', 'tasks'], input.evaluate.tasks) },
  { reads: ['smokeTest.prompts'], check: ({ input }) => checkTasks(['smokeTest', 'prompts'], input.smokeTest.prompts) },
  { reads: ['preset', 'evaluate.compare', 'baseModel'], check: checkComparison },
  { reads: ['target'], check: checkTarget },
  { reads: ['target', 'approval'], check: checkApproval },
  { reads: ['target', 'approval', 'requester'], check: checkRequester },
];

/** Every broken rule, leaving out rules that read a field at or under `wrongPaths`. */
export function brokenRules(context: RuleContext, wrongPaths: readonly string[]): readonly RuleIssue[] {
  const usable = rules.filter(({ reads }) => !reads.some((read) => wrongPaths.some((wrong) => touches(read, wrong))));
  return usable.flatMap(({ check }) => check(context));
}

function touches(read: string, wrong: string): boolean {
  return read === wrong || wrong.startsWith(`${read}.`) || wrong.startsWith(`${read}[`) || read.startsWith(`${wrong}.`);
}

function checkBaseModel({ input }: RuleContext): readonly RuleIssue[] {
  const { method } = input.train;
  if (method === 'scratch' && input.baseModel !== null) {
    return [{ at: ['baseModel'], expected: 'null, because train.method "scratch" starts without a base model' }];
  }
  if (method !== 'scratch' && input.baseModel === null) {
    return [{ at: ['baseModel'], expected: `the name of an imported base model, because train.method is "${method}"` }];
  }
  return [];
}

function checkScratch({ input }: RuleContext): readonly RuleIssue[] {
  const missing = input.train.method === 'scratch' && input.train.scratch === null;
  const expected = 'vocabSize, hiddenSize, layers, heads and intermediateSize, because train.method is "scratch"';
  return missing ? [{ at: ['train', 'scratch'], expected }] : [];
}

function checkHeads({ input }: RuleContext): readonly RuleIssue[] {
  const { scratch } = input.train;
  if (scratch === null || scratch.hiddenSize % (2 * scratch.heads) === 0) return [];
  const expected = `a multiple of twice train.scratch.heads (2 × ${scratch.heads})`;
  return [{ at: ['train', 'scratch', 'hiddenSize'], expected }];
}

function checkWarmup({ input }: RuleContext): readonly RuleIssue[] {
  const { warmupSteps, steps } = input.train;
  return warmupSteps <= steps ? [] : [{ at: ['train', 'warmupSteps'], expected: `at most train.steps (${steps})` }];
}

function checkSourcesPresent({ input }: RuleContext): readonly RuleIssue[] {
  const expected = 'a list of 1 to 100 entries such as {"uri": "file:///data/*.jsonl"}, or a preset that has one';
  return input.data.sources === undefined ? [{ at: ['data', 'sources'], expected }] : [];
}

function checkSourceFields({ input }: RuleContext): readonly RuleIssue[] {
  const { kind } = input.data;
  const needed = kind === 'pairs' ? ['prompt', 'response'] : ['text'];
  return completeSources(input.data).flatMap((source, index): readonly RuleIssue[] => {
    const at = ['data', 'sources', index];
    if (source.format === 'text' && kind === 'pairs') {
      return [
        { at: [...at, 'format'], found: '"text"', expected: 'jsonl, parquet or csv, because data.kind is "pairs"' },
      ];
    }
    const names = Object.keys(source.fields);
    const fits = names.length === needed.length && needed.every((name) => names.includes(name));
    const expected = `exactly ${needed.join(' and ')}, because data.kind is "${kind}"`;
    return fits ? [] : [{ at: [...at, 'fields'], found: names.length === 0 ? 'no names' : names.join(', '), expected }];
  });
}

function checkSplit({ input }: RuleContext): readonly RuleIssue[] {
  const { train, validation, test } = input.data.split;
  const sum = train + validation + test;
  if (Math.abs(sum - 1) < 1e-9) return [];
  const found = `train ${train} + validation ${validation} + test ${test} = ${Number(sum.toFixed(6))}`;
  return [{ at: ['data', 'split'], found, expected: 'shares that sum to 1' }];
}

function checkLengths({ input }: RuleContext): readonly RuleIssue[] {
  const { minChars, maxChars } = input.data.clean;
  const expected = `at most data.clean.maxChars (${maxChars})`;
  return minChars <= maxChars ? [] : [{ at: ['data', 'clean', 'minChars'], expected }];
}

function checkTasks(at: IssuePath, tasks: ParsedRunInput['evaluate']['tasks']): readonly RuleIssue[] {
  return tasks.flatMap(({ expect }, task) =>
    expect.flatMap((expectation, index): readonly RuleIssue[] =>
      expectation.kind === 'length' && expectation.minChars > expectation.maxChars
        ? [{ at: [...at, task, 'expect', index, 'minChars'], expected: `at most maxChars (${expectation.maxChars})` }]
        : [],
    ),
  );
}

function checkComparison({ input }: RuleContext): readonly RuleIssue[] {
  const impossible = input.evaluate.compare.against === 'base' && input.train.method === 'scratch';
  const expected = '"incumbent" or "none", because train.method "scratch" has no base model';
  return impossible ? [{ at: ['evaluate', 'compare', 'against'], expected }] : [];
}

function checkTarget({ input, platform }: RuleContext): readonly RuleIssue[] {
  const names = Object.keys(platform.targets);
  if (input.target === undefined || Object.hasOwn(platform.targets, input.target)) return [];
  return [{ at: ['target'], expected: knownName(input.target, names) }];
}

/** `one of "production", "staging"; did you mean "production"?` */
export function knownName(written: string, names: readonly string[]): string {
  const nearest = nearestName(written, names);
  const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
  return names.length === 0 ? 'none, because windlass.yaml has none' : `${choicePhrase(names)}${hint}`;
}

function checkApproval({ input, platform }: RuleContext): readonly RuleIssue[] {
  const target = targetName(input, platform);
  const demanded = platform.targets[target]?.approval;
  return (['required', 'fourEyes'] as const)
    .filter((field) => demanded?.[field] === true && input.approval[field] === false)
    .map((field) => ({
      at: ['approval', field],
      expected: `true, because target "${target}" demands ${field === 'required' ? 'approval' : 'four eyes'}`,
    }));
}

function checkRequester({ input, platform }: RuleContext): readonly RuleIssue[] {
  const demanded = platform.targets[targetName(input, platform)]?.approval.fourEyes;
  const fourEyes = input.approval.fourEyes ?? demanded ?? false;
  const expected = 'the name of who asks, because the approver must be somebody else';
  return fourEyes && input.requester === 'unknown' ? [{ at: ['requester'], expected }] : [];
}

function targetName(input: ParsedRunInput, platform: Platform): string {
  return input.target ?? platform.defaultTarget;
}
