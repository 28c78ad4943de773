import type { Digest } from '../../contracts/artifact.ts';
import type { Keeper } from '../../contracts/garbage.ts';
import { keepers } from '../../contracts/garbage.ts';
import type { StoredKind } from '../../contracts/garbage.ts';
import type { UnfinishedWrite } from '../../ports/object-store.ts';
import type { StoredArtifact, StoredCheckpoints, StoredClaims, StoredItem, StoredJob } from './stored-items.ts';
import { runNameOf } from '../job-document.ts';

/** What the store holds, with what had to be read of it. */
export interface Survey {
  readonly artifacts: readonly SurveyedArtifact[];
  readonly records: readonly SurveyedRecord[];
  readonly checkpoints: readonly StoredCheckpoints[];
  readonly claims: readonly SurveyedClaims[];
  readonly uses: readonly SurveyedUse[];
  readonly specs: readonly SurveyedSpec[];
  readonly jobs: readonly StoredJob[];
  readonly unfinished: readonly UnfinishedWrite[];
}

export interface SurveyedArtifact extends StoredArtifact {
  readonly uri: string;
  /** Null: it has no manifest, so nobody can have used it. */
  readonly digest: Digest | null;
}

export interface SurveyedRecord extends StoredItem {
  readonly stageKey: string;
  readonly artifactUri: string;
}

export interface SurveyedClaims extends StoredClaims {
  /** Who holds the newest claim, unless it was released, and who waits for it. */
  readonly workflowIds: readonly string[];
}

export interface SurveyedUse extends StoredItem {
  readonly workflowId: string;
  readonly artifactUri: string;
}

export interface SurveyedSpec extends StoredItem {
  readonly uri: string;
  readonly runId: string;
}

/** Who may need something of the store. */
export interface References {
  /** Workflow id → whether one of its executions is open; all that Temporal keeps. */
  readonly runs: ReadonlyMap<string, boolean>;
  /** Uris and digests that releases, registered versions and base models name. */
  readonly names: ReadonlyMap<string, Keeper>;
}

export interface Verdict<Item> {
  readonly kind: StoredKind;
  readonly item: Item;
  /** Null: it is garbage. */
  readonly keeper: Keeper | null;
}

export interface GarbagePlan {
  readonly records: readonly Verdict<SurveyedRecord>[];
  readonly artifacts: readonly Verdict<SurveyedArtifact>[];
  readonly others: readonly Verdict<StoredItem>[];
  readonly unfinished: readonly Verdict<UnfinishedWrite>[];
}

/**
 * What nothing refers to: no run that Temporal keeps, no release, no registered version, no base model. Nothing written after
 * `youngFromMs` is garbage, whatever refers to it.
 */
export function planGarbage(survey: Survey, references: References, youngFromMs: number): GarbagePlan {
  const judge = createJudge(references, youngFromMs);
  const artifacts = artifactVerdicts(survey, references, judge);
  const keeperOf = new Map(artifacts.map(({ item, keeper }) => [item.uri, keeper]));
  const records = survey.records.map((item) =>
    verdict('record', item, [keeperOf.get(item.artifactUri) ?? null, judge.age(item)]),
  );
  const finished = new Set(records.filter(({ keeper }) => keeper !== null).map(({ item }) => shortKeyOf(item)));
  return {
    artifacts,
    records,
    others: [
      ...survey.checkpoints.map((item) =>
        verdict('checkpoint', item, checkpointKeepers(item, { survey, finished, judge })),
      ),
      ...survey.claims.map((item) =>
        verdict('claim', item, [...item.workflowIds.map((id) => judge.openRun(id)), judge.age(item)]),
      ),
      ...survey.uses.map((item) => verdict('use', item, [judge.run(runNameOf(item.workflowId)), judge.age(item)])),
      ...survey.specs.map((item) =>
        verdict('spec', item, [
          references.names.get(item.uri) ?? null,
          judge.run(runNameOf(item.runId)),
          judge.age(item),
        ]),
      ),
      ...survey.jobs.map((item) => verdict('job', item, [judge.run(item.runName), judge.age(item)])),
    ],
    unfinished: survey.unfinished.map((item) => verdict('unfinished', item, [judge.age(item)])),
  };
}

interface Judge {
  /** By a run's name as prefixes have it. */
  run(name: string): Keeper | null;
  /** A run that has ended keeps nothing here. */
  openRun(workflowId: string): Keeper | null;
  age(item: { readonly modifiedMs: number }): Keeper | null;
}

function createJudge({ runs }: References, youngFromMs: number): Judge {
  const open = new Set<string>();
  const known = new Set<string>();
  for (const [workflowId, isOpen] of runs) {
    known.add(runNameOf(workflowId));
    if (isOpen) open.add(runNameOf(workflowId));
  }
  const openRun = (name: string): Keeper | null => (open.has(name) ? 'open-run' : null);
  return {
    run: (name) => openRun(name) ?? (known.has(name) ? 'closed-run' : null),
    openRun: (workflowId) => openRun(runNameOf(workflowId)),
    age: ({ modifiedMs }) => (modifiedMs > youngFromMs ? 'grace-period' : null),
  };
}

function artifactVerdicts(survey: Survey, { names }: References, judge: Judge): readonly Verdict<SurveyedArtifact>[] {
  const keepersOf = new Map<string, (Keeper | null)[]>();
  const note = (uri: string, found: readonly (Keeper | null)[]): void =>
    void keepersOf.set(uri, [...(keepersOf.get(uri) ?? []), ...found]);
  for (const use of survey.uses) note(use.artifactUri, [judge.run(runNameOf(use.workflowId)), judge.age(use)]);
  for (const record of survey.records) note(record.artifactUri, [judge.age(record)]);
  return survey.artifacts.map((item) =>
    verdict('artifact', item, [
      names.get(item.uri) ?? null,
      item.digest === null ? null : (names.get(item.digest) ?? null),
      judge.run(item.runName),
      ...(keepersOf.get(item.uri) ?? []),
      judge.age(item),
    ]),
  );
}

/** Of use while somebody trains or may go on training; once the training has its record, only to a run that is at it right now. */
function checkpointKeepers(
  item: StoredCheckpoints,
  {
    survey,
    finished,
    judge,
  }: { readonly survey: Survey; readonly finished: ReadonlySet<string>; readonly judge: Judge },
): readonly (Keeper | null)[] {
  const claiming = survey.claims.filter((claims) => shortKeyOf(claims) === item.shortKey);
  const working = claiming.flatMap(({ workflowIds }) => workflowIds.map((id) => judge.openRun(id)));
  const runs = item.runNames.map((name) => judge.run(name));
  const waitedFor = finished.has(item.shortKey) ? runs.filter((keeper) => keeper === 'open-run') : runs;
  return [...working, ...waitedFor, judge.age(item)];
}

function verdict<Item>(kind: StoredKind, item: Item, found: readonly (Keeper | null)[]): Verdict<Item> {
  return { kind, item, keeper: keepers.find((keeper) => found.includes(keeper)) ?? null };
}

/** The digits of a stage key that prefixes have. */
function shortKeyOf({ stageKey }: { readonly stageKey: string }): string {
  return stageKey.slice('sha256:'.length, 'sha256:'.length + 16);
}
