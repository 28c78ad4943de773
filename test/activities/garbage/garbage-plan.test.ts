import { describe, expect, test } from 'vitest';

import type { References, Survey } from '../../../src/activities/garbage/garbage-plan.ts';
import { planGarbage } from '../../../src/activities/garbage/garbage-plan.ts';
import type { Keeper } from '../../../src/contracts/garbage.ts';

const youngFromMs = 1_000_000;
const [old, young] = [youngFromMs - 1, youngFromMs + 1];
const key = 'a'.repeat(64);
const stageKey = `sha256:${key}` as const;
const uri = 'file:///store/artifacts/engine/aaaaaaaaaaaaaaaa/glossary-1-1';

const nothing: Survey = {
  artifacts: [],
  records: [],
  checkpoints: [],
  claims: [],
  uses: [],
  specs: [],
  jobs: [],
  unfinished: [],
};
const nobody: References = { runs: new Map(), names: new Map() };

function item(modifiedMs = old): { keys: string[]; sizeBytes: number; modifiedMs: number } {
  return { keys: ['some/key'], sizeBytes: 7, modifiedMs };
}

function artifact(modifiedMs = old): Survey['artifacts'][number] {
  return {
    ...item(modifiedMs),
    prefix: 'artifacts/engine/a/glossary-1-1',
    runName: 'glossary-1',
    uri,
    digest: 'sha256:e1',
  };
}

function run(workflowId: string, isOpen: boolean): Pick<References, 'runs'> {
  return { runs: new Map([[workflowId, isOpen]]) };
}

function named(name: string, keeper: Keeper): Pick<References, 'names'> {
  return { names: new Map([[name, keeper]]) };
}

type Row = [string, Partial<Survey>, [Partial<References>, Keeper | null]];

interface Case {
  readonly survey?: Partial<Survey>;
  readonly references?: Partial<References>;
  readonly keeper: Keeper | null;
}

const artifactCases: Readonly<Record<string, Case>> = {
  'that nothing names': { keeper: null },
  'of an open run': { references: run('glossary-1', true), keeper: 'open-run' },
  'of a run that has ended': { references: run('glossary-1', false), keeper: 'closed-run' },
  'of a run whose id prefixes cannot hold': {
    survey: { artifacts: [{ ...artifact(), runName: 'team-a-glossary-1' }] },
    references: run('team/a.glossary-1', false),
    keeper: 'closed-run',
  },
  'of another run': { references: run('glossary-2', true), keeper: null },
  'that is released': { references: named(uri, 'release'), keeper: 'release' },
  'whose digest a registered version names': {
    references: named('sha256:e1', 'registered-version'),
    keeper: 'registered-version',
  },
  'that a base model names': { references: named(uri, 'base-model'), keeper: 'base-model' },
  'that is young': { survey: { artifacts: [artifact(young)] }, keeper: 'grace-period' },
  'whose record is young': {
    survey: { records: [{ ...item(young), stageKey, artifactUri: uri }] },
    keeper: 'grace-period',
  },
  'that an open run uses': {
    survey: { uses: [{ ...item(), workflowId: 'glossary-9', artifactUri: uri }] },
    references: run('glossary-9', true),
    keeper: 'open-run',
  },
  'that a run has begun to use which Temporal does not list yet': {
    survey: { uses: [{ ...item(young), workflowId: 'glossary-9', artifactUri: uri }] },
    keeper: 'grace-period',
  },
  'that only a forgotten run has used': {
    survey: { uses: [{ ...item(), workflowId: 'glossary-9', artifactUri: uri }] },
    keeper: null,
  },
  'without a manifest': { survey: { artifacts: [{ ...artifact(), digest: null }] }, keeper: null },
};

describe('an artifact', () => {
  test.each(Object.entries(artifactCases))('%s', (_name, { survey = {}, references = {}, keeper }) => {
    const plan = planGarbage(
      { ...nothing, artifacts: [artifact()], ...survey },
      { ...nobody, ...references },
      youngFromMs,
    );
    expect(plan.artifacts.map((verdict) => verdict.keeper)).toEqual([keeper]);
  });

  test('has the strongest of many reasons', () => {
    const references = { ...run('glossary-1', true), ...named(uri, 'release') };
    expect(
      planGarbage({ ...nothing, artifacts: [artifact(young)] }, references, youngFromMs).artifacts[0]?.keeper,
    ).toBe('release');
  });
});

describe('the record of a stage', () => {
  const record = { ...item(), stageKey, artifactUri: uri };
  test.each<Row>([
    ['stays with its artifact', { artifacts: [artifact()] }, [run('glossary-1', false), 'closed-run']],
    ['goes with its artifact', { artifacts: [artifact()] }, [{}, null]],
    ['goes when its artifact is gone', {}, [{}, null]],
    ['stays while it is young', { records: [{ ...record, modifiedMs: young }] }, [{}, 'grace-period']],
  ])('%s', (_name, survey, [references, keeper]) => {
    const plan = planGarbage({ ...nothing, records: [record], ...survey }, { ...nobody, ...references }, youngFromMs);
    expect(plan.records.map((verdict) => verdict.keeper)).toEqual([keeper]);
  });
});

describe('training checkpoints', () => {
  const checkpoints = { ...item(), shortKey: key.slice(0, 16), runNames: ['glossary-1'] };
  const standing: Partial<Survey> = {
    artifacts: [artifact()],
    records: [{ ...item(), stageKey, artifactUri: uri }],
  };
  const held: Survey['claims'] = [{ ...item(), stageKey, workflowIds: ['glossary-9'] }];
  test.each<Row>([
    ['of a forgotten run go', {}, [{}, null]],
    ['of a run that failed stay: it may be tried again', {}, [run('glossary-1', false), 'closed-run']],
    ['of a finished training go, though its run is kept', standing, [run('glossary-1', false), null]],
    ['of a finished training stay while its run is open', standing, [run('glossary-1', true), 'open-run']],
    ['of another run stay while an open one trains the same', { claims: held }, [run('glossary-9', true), 'open-run']],
    ['that are young stay', { checkpoints: [{ ...checkpoints, modifiedMs: young }] }, [{}, 'grace-period']],
  ])('%s', (_name, survey, [references, keeper]) => {
    const plan = planGarbage(
      { ...nothing, checkpoints: [checkpoints], ...survey },
      { ...nobody, ...references },
      youngFromMs,
    );
    expect(plan.others.find(({ kind }) => kind === 'checkpoint')?.keeper).toBe(keeper);
  });
});

describe('what runs have left', () => {
  test.each<Row>([
    [
      'a claim of an open run stays',
      { claims: [{ ...item(), stageKey, workflowIds: ['g-1'] }] },
      [run('g-1', true), 'open-run'],
    ],
    [
      'a claim of a run that has ended goes',
      { claims: [{ ...item(), stageKey, workflowIds: ['g-1'] }] },
      [run('g-1', false), null],
    ],
    ['a released claim goes', { claims: [{ ...item(), stageKey, workflowIds: [] }] }, [run('g-1', true), null]],
    ['a young claim stays', { claims: [{ ...item(young), stageKey, workflowIds: [] }] }, [{}, 'grace-period']],
    [
      'a use by a known run stays',
      { uses: [{ ...item(), workflowId: 'g-1', artifactUri: uri }] },
      [run('g-1', false), 'closed-run'],
    ],
    ['a use by a forgotten run goes', { uses: [{ ...item(), workflowId: 'g-1', artifactUri: uri }] }, [{}, null]],
    [
      'a spec of a known run stays',
      { specs: [{ ...item(), uri: 'file:///s', runId: 'g-1' }] },
      [run('g-1', false), 'closed-run'],
    ],
    ['a spec of a forgotten run goes', { specs: [{ ...item(), uri: 'file:///s', runId: 'g-1' }] }, [{}, null]],
    [
      'a spec of a registered version stays',
      { specs: [{ ...item(), uri: 'file:///s', runId: 'g-1' }] },
      [named('file:///s', 'registered-version'), 'registered-version'],
    ],
    [
      'the log of a job of a known run stays',
      { jobs: [{ ...item(), runName: 'g-1' }] },
      [run('g-1', false), 'closed-run'],
    ],
    ['the log of a job of a forgotten run goes', { jobs: [{ ...item(), runName: 'g-1' }] }, [{}, null]],
    [
      'the log of a job that Temporal does not list yet stays',
      { jobs: [{ ...item(young), runName: 'g-1' }] },
      [{}, 'grace-period'],
    ],
  ])('%s', (_name, survey, [references, keeper]) => {
    const plan = planGarbage({ ...nothing, ...survey }, { ...nobody, ...references }, youngFromMs);
    expect(plan.others.map((verdict) => verdict.keeper)).toEqual([keeper]);
  });

  test('an unfinished write goes once it is old', () => {
    const unfinished = [old, young].map((modifiedMs) => ({ id: 'x', key: 'x', sizeBytes: 1, modifiedMs }));
    const plan = planGarbage({ ...nothing, unfinished }, nobody, youngFromMs);
    expect(plan.unfinished.map((verdict) => verdict.keeper)).toEqual([null, 'grace-period']);
  });
});
