import { describe, expect, test } from 'vitest';

import type { StageRecord } from '../../src/contracts/job.ts';
import type { StageWork } from '../../src/workflows/stages/made-stages.ts';
import { createMadeStages } from '../../src/workflows/stages/made-stages.ts';

const dataset = { uri: 'file:///store/dataset/1', digest: 'sha256:d1', kind: 'dataset' } as const;
const work: StageWork = { stage: 'train', inputs: { dataset }, parameters: { steps: 3 } };
const record: StageRecord = {
  stageKey: 'sha256:k',
  artifact: {
    uri: 'file:///store/checkpoint/run-1',
    digest: 'sha256:c1',
    kind: 'checkpoint',
    sizeBytes: 1,
    fileCount: 1,
  },
  summary: {},
  metrics: {},
};

describe('what a run has made', () => {
  test('stands for equal work, also where an input was rebuilt elsewhere with equal bytes', () => {
    const made = createMadeStages();
    expect(made.find(work)).toBeNull();
    made.keep(work, record);
    expect(made.find(work)).toBe(record);
    expect(made.find({ ...work, inputs: { dataset: { ...dataset, uri: 'file:///store/dataset/2' } } })).toBe(record);
  });

  test.each<[string, Partial<StageWork>]>([
    ['another input', { inputs: { dataset: { ...dataset, digest: 'sha256:d2' } } }],
    ['another parameter', { parameters: { steps: 4 } }],
    ['another stage', { stage: 'convert' }],
  ])('does not stand for %s', (_what, change) => {
    const made = createMadeStages();
    made.keep(work, record);
    expect(made.find({ ...work, ...change })).toBeNull();
  });

  test.each([
    ['its artifact', 'file:///store/checkpoint/run-1', 'train'],
    ['a file of it', 'file:///store/checkpoint/run-1/model.safetensors', 'train'],
    ['an artifact whose name only begins so', 'file:///store/checkpoint/run-10', undefined],
    ['an artifact of another', 'file:///store/base-model/tiny', undefined],
  ])('is known by %s', (_what, uri, stage) => {
    const made = createMadeStages();
    made.keep(work, record);
    expect(made.producerOf(uri)?.stage).toBe(stage);
  });

  test('is made again once it was discarded', () => {
    const made = createMadeStages();
    made.keep(work, record);
    made.discard('train');
    expect(made.find(work)).toBeNull();
    expect(made.producerOf(record.artifact.uri)).toBeNull();
    expect(['train', 'convert'].map((stage) => made.wasDiscarded(stage as 'train'))).toEqual([true, false]);
  });
});
