import { describe, expect, test } from 'vitest';

import { settledField } from '../../src/contracts/spec-readers.ts';
import { stageNames } from '../../src/contracts/stage.ts';
import { repairProblem } from '../../src/workflows/repair-rules.ts';
import { parkedStatus, runStatus } from '../fakes/run-statuses.ts';

const repair = { stage: 'train', by: 'ada', set: { 'train.learningRate': 0.0001 }, comment: 'it diverged' };

describe('a repair', () => {
  test.each<[string, unknown]>([
    ['as the details show it', { stage: 'train', by: 'ada', set: {}, comment: '' }],
    ['without a change', { stage: 'train', by: 'ada' }],
    ['with a change of this stage', repair],
    ['with a change of a later stage', { ...repair, set: { 'build.quantization': 'int4', 'smokeTest.repeats': 2 } }],
    ['with a field that nobody knows, for the full check to name', { ...repair, set: { 'trian.steps': 1 } }],
  ])('%s is taken', (_name, order) => {
    expect(repairProblem(parkedStatus(), order)).toBeNull();
  });

  test.each<[string, unknown, string]>([
    ['that is no object', 'train', 'found "train"; expected an object such as {"stage":"train"'],
    [
      'of another stage',
      { ...repair, stage: 'convert' },
      'stage: found "convert"; the stage that waits for a repair is train',
    ],
    ['of nobody', { ...repair, by: ' ' }, 'by: the name of the one who repairs is missing'],
    [
      'with a list as change',
      { ...repair, set: ['train.steps=1'] },
      'set: found ["train.steps=1"]; expected fields by their paths',
    ],
    ['with no text as comment', { ...repair, comment: 7 }, 'comment: found 7; expected a text'],
    [
      'with a field of an earlier stage',
      { ...repair, set: { 'data.maxRows': 7 } },
      'set: data.maxRows belongs to prepare-data, which train stands on. To change it: windlass fork glossary-7 --from prepare-data --set data.maxRows=<value>',
    ],
    ['with a field of the whole run', { ...repair, set: { model: 'other' } }, 'set: model is fixed when a run starts'],
  ])('%s is refused with the reason', (_name, order, reason) => {
    expect(repairProblem(parkedStatus(), order)).toContain(reason);
  });

  test('is refused where nothing waits for one', () => {
    expect(repairProblem(runStatus({ phase: 'deploying' }), repair)).toBe(
      'run glossary-7 does not wait for a repair; it is deploying',
    );
  });
});

test('every stage may change its own fields and those of later stages, and none of earlier ones', () => {
  const fields = ['data.maxRows', 'train', 'runtime', 'build', 'evaluate.floors', 'deploy', 'smokeTest'];
  for (const [from, stage] of stageNames.entries()) {
    const free = fields.filter((field) => settledField({ [field]: 1 }, stage) === null);
    expect(free).toEqual(fields.slice(from));
  }
});
