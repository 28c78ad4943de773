import type { Platform } from '../../contracts/platform.ts';
import type { ForkInput } from '../../contracts/fork.ts';
import { isForkInput } from '../../contracts/fork.ts';
import type { SettledField, SpecChange } from '../../contracts/repair.ts';
import type { RunSpec } from '../../contracts/run-spec.ts';
import { settledField } from '../../contracts/spec-readers.ts';
import type { StageName } from '../../contracts/stage.ts';
import type { ForkOrder, SpecResolver } from '../../ports/spec-resolver.ts';
import { AdapterError } from '../errors.ts';
import { completeRun } from './complete-run.ts';
import { forkInputSchema } from './fork-input.ts';
import type { Fields } from './merge-input.ts';
import { isFields, mergeInput, withChange, withoutPath } from './merge-input.ts';
import type { ParsedRunInput } from './run-input.ts';
import { runInputSchema } from './run-input.ts';
import { brokenRules, knownName } from './run-rules.ts';
import type { FoundIssue, IssuePath } from './spec-issue.ts';
import { issueAt, issueLines, issuesFromZod, valueAt, withoutPositions } from './spec-issue.ts';

/** The only resolver: the schema is the same on one machine and in a cluster, only the platform differs. */
export function createSpecResolver(platform: Platform): SpecResolver {
  return {
    resolve: (input) => resolveRun(input, platform),
    parseFork: (input) => (isForkInput(input) ? parseFork(input) : null),
    amend: (spec, change) => amendRun(spec, change, platform),
  };
}

function resolveRun(input: unknown, platform: Platform): RunSpec {
  if (!isFields(input)) {
    throw invalidSpec([issueAt([], input, 'an object such as {"model": "glossary", "preset": "quickstart"}')]);
  }
  const presetIssues = checkPreset(input, platform);
  const merged = withPreset(input, platform);
  const { parsed, issues: shapeIssues } = parseAsFarAsPossible(merged);
  const known = dropRepeats([...presetIssues, ...shapeIssues]);
  const issues = [...known, ...ruleIssues({ merged, parsed, platform }, known)];
  if (issues.length > 0 || parsed === null)
    throw invalidSpec(issues.map((issue) => withOrigin(issue, { input, merged })));
  return completeRun(parsed, chosenTarget(parsed, platform));
}

function parseFork(input: ForkInput): ForkOrder {
  const parsed = forkInputSchema.safeParse(input);
  if (!parsed.success) throw invalidSpec(issuesFromZod(parsed.error, input));
  const { set, from } = parsed.data.fork;
  const settled = settledField(set, from);
  if (settled !== null) throw invalidSpec([settledIssue(input, from, settled)]);
  return parsed.data;
}

function settledIssue(input: ForkInput, from: StageName, { path, reader }: SettledField): FoundIssue {
  const expected =
    reader === null
      ? 'no such field: it is fixed when a run starts; start a run of its own to change it'
      : `fields of ${from} and of what comes after it; fork from ${reader} to change this one`;
  return issueAt(['fork', 'set', path], input, expected);
}

/** The preset has done its work: its name stays, but it fills in nothing any more. */
function amendRun(spec: RunSpec, change: SpecChange, platform: Platform): RunSpec {
  const unset = { ...spec, preset: null };
  return { ...resolveRun(withChange(unset, change), platform), preset: spec.preset };
}

function checkPreset(input: Fields, platform: Platform): readonly FoundIssue[] {
  const { preset } = input as { readonly preset?: unknown };
  if (typeof preset !== 'string' || Object.hasOwn(platform.presets, preset)) return [];
  return [issueAt(['preset'], input, knownName(preset, Object.keys(platform.presets)))];
}

function withPreset(input: Fields, platform: Platform): Fields {
  const { preset } = input as { readonly preset?: unknown };
  const known = typeof preset === 'string' && Object.hasOwn(platform.presets, preset);
  return mergeInput(known ? (platform.presets[preset] ?? {}) : {}, input);
}

/** Where the shape is wrong, the wrong fields are left out and the rest is parsed, so that rules over several fields are checked too. */
function parseAsFarAsPossible(merged: Fields): Parsed {
  const whole = runInputSchema.safeParse(merged);
  if (whole.success) return { parsed: whole.data, issues: [] };
  const issues = issuesFromZod(whole.error, merged);
  const rest = issues.reduce<Fields>((fields, { at }) => withoutPath(fields, prunedAt(merged, at)), merged);
  const partly = runInputSchema.safeParse({ ...rest, model: 'unnamed' });
  return { parsed: partly.success ? partly.data : null, issues };
}

interface Parsed {
  /** Null: too much is wrong to go on. */
  readonly parsed: ParsedRunInput | null;
  readonly issues: readonly FoundIssue[];
}

/** A field that is missing cannot be left out: what should hold it is. */
function prunedAt(merged: Fields, at: IssuePath): IssuePath {
  return valueAt(merged, at) === undefined ? at.slice(0, -1) : at;
}

function ruleIssues(
  context: { readonly merged: Fields; readonly parsed: ParsedRunInput | null; readonly platform: Platform },
  known: readonly FoundIssue[],
): readonly FoundIssue[] {
  const { merged, parsed, platform } = context;
  if (parsed === null) return [];
  const wrongPaths = known.map(({ path }) => path);
  return brokenRules({ input: parsed, platform }, wrongPaths).map(({ at, expected, found }) => ({
    ...issueAt(at, merged, expected),
    ...(found === undefined ? {} : { found }),
  }));
}

/** A value that the input does not hold stands in the preset: say so, or people look for it in vain. */
function withOrigin(
  issue: FoundIssue,
  { input, merged }: { readonly input: Fields; readonly merged: Fields },
): FoundIssue {
  const { preset } = input as { readonly preset?: unknown };
  const inherited = valueAt(input, issue.at) === undefined && valueAt(merged, issue.at) !== undefined;
  return typeof preset === 'string' && inherited ? { ...issue, found: `${issue.found} in preset "${preset}"` } : issue;
}

function dropRepeats(issues: readonly FoundIssue[]): readonly FoundIssue[] {
  const byPath = new Map<string, FoundIssue>();
  for (const issue of issues) if (!byPath.has(issue.path)) byPath.set(issue.path, issue);
  return [...byPath.values()];
}

function chosenTarget(parsed: ParsedRunInput, platform: Platform): Parameters<typeof completeRun>[1] {
  const name = parsed.target ?? platform.defaultTarget;
  const target = platform.targets[name];
  if (target === undefined) {
    throw new AdapterError('InvalidConfig', `defaultTarget "${name}" is no target of windlass.yaml`, {
      system: 'platform',
    });
  }
  return { name, platform: target };
}

function invalidSpec(issues: readonly FoundIssue[]): AdapterError {
  const details = { issues: withoutPositions(issues) };
  return new AdapterError('InvalidSpec', issueLines(issues), { system: 'platform', details });
}
