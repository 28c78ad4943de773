import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { PlanStageRequest, RunActivities } from '../../src/activities/run-activities.ts';
import { createRunActivities, stageKeyOf } from '../../src/activities/run-activities.ts';
import { keepStageRecord } from '../../src/activities/stage-records.ts';
import { createDirectorySource } from '../../src/adapters/directory/source-reader.ts';
import type { RunInput } from '../../src/contracts/run-spec.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import { tinySpec } from '../fakes/tiny-spec.ts';

let store: StoreLab;
let activities: RunActivities;
let rows: string;

beforeEach(async () => {
  store = await openStoreLab();
  rows = store.fileOf('../rows.jsonl');
  await mkdir(dirname(store.fileOf('')), { recursive: true });
  await writeFile(rows, '{"prompt":"a","response":"b"}\n');
  activities = createRunActivities({
    artifacts: store.artifacts,
    resolver: { resolve: specOf },
    sources: { file: createDirectorySource() },
    jobsDigest: 'sha256:c0de',
    links: { temporal: null },
  });
});
afterEach(async () => store.remove());

function specOf(input: RunInput): ReturnType<typeof tinySpec> {
  const spec = tinySpec(input);
  const source = {
    uri: pathToFileURL(rows).href,
    format: 'jsonl',
    fields: { prompt: 'prompt', response: 'response' },
  } as const;
  const baseModel = typeof input['baseModel'] === 'string' ? input['baseModel'] : null;
  return { ...spec, baseModel, data: { ...spec.data, sources: [source] } };
}

const input = { model: 'glossary' };
const order = { runId: 'glossary-7', input };

describe('a run that is resolved', () => {
  test('pins its sources and stores exactly what it returns', async () => {
    const resolved = await activities.resolveRun(order);
    expect(resolved.sources[0]?.files[0]).toMatchObject({ uri: pathToFileURL(rows).href, size: 30 });
    const stored: unknown = JSON.parse(await readFile(fileURLToPath(resolved.specUri), 'utf8'));
    expect(stored).toEqual({ spec: resolved.spec, sources: resolved.sources, baseModel: null });
  });

  test('is the same when it is resolved again', async () => {
    expect(await activities.resolveRun(order)).toEqual(await activities.resolveRun(order));
  });

  test('stores another spec when a source has changed in between', async () => {
    const before = await activities.resolveRun(order);
    await writeFile(rows, '{"prompt":"a","response":"other"}\n');
    const after = await activities.resolveRun(order);
    expect(after.specDigest).not.toBe(before.specDigest);
    const stored = JSON.parse(await readFile(fileURLToPath(after.specUri), 'utf8')) as { readonly sources: unknown };
    expect(stored.sources).toEqual(after.sources);
  });

  test('says how to import a base model that nobody has imported', async () => {
    await expect(activities.resolveRun({ ...order, input: { ...input, baseModel: 'smol' } })).rejects.toMatchObject({
      failure: 'MissingInput',
      message:
        'baseModel: no base model is named "smol"; import it first: windlass models import <dir|gguf|hf://repo@revision> --name smol',
    });
  });

  test('takes the base model of that name, which keeps its first artifact', async () => {
    const { uri, digest, kind } = await store.publish('base', { kind: 'base-model' });
    const artifact = { uri, digest, kind };
    await activities.nameBaseModel({ name: 'smol', artifact });
    await activities.nameBaseModel({ name: 'smol', artifact });
    expect(await activities.findBaseModel('smol')).toEqual(artifact);
    expect(await activities.findBaseModel('other')).toBeNull();
    const resolved = await activities.resolveRun({ ...order, input: { ...input, baseModel: 'smol' } });
    expect(resolved.baseModel).toEqual(artifact);
    const other = { ...artifact, digest: 'sha256:other' } as const;
    await expect(activities.nameBaseModel({ name: 'smol', artifact: other })).rejects.toMatchObject({
      failure: 'Conflict',
    });
  });
});

describe('the key of a stage', () => {
  const request: PlanStageRequest = {
    stage: 'train',
    inputs: { dataset: { uri: 'file:///store/d', digest: 'sha256:d1', kind: 'dataset' } },
    parameters: { steps: 3, lora: { rank: 8 }, workers: 2 },
    jobsDigest: 'sha256:c0de',
  };
  const dataset = { uri: 'file:///store/d', digest: 'sha256:d1', kind: 'dataset' } as const;

  test.each<[string, Partial<PlanStageRequest>]>([
    ['stage', { stage: 'convert' }],
    ['input digest', { inputs: { dataset: { ...dataset, digest: 'sha256:d2' } } }],
    ['name of an input', { inputs: { base: dataset } }],
    ['further input', { inputs: { dataset, base: dataset } }],
    ['parameter', { parameters: { steps: 4, lora: { rank: 8 }, workers: 2 } }],
    ['parameter deep inside', { parameters: { steps: 3, lora: { rank: 9 }, workers: 2 } }],
    ['further parameter', { parameters: { steps: 3, lora: { rank: 8 }, workers: 2, seed: 1 } }],
    ['code of the jobs', { jobsDigest: 'sha256:c0de2' }],
  ])('changes with the %s', (_name, change) => {
    expect(stageKeyOf({ ...request, ...change })).not.toBe(stageKeyOf(request));
  });

  test.each<[string, Partial<PlanStageRequest>]>([
    ['place of an input', { inputs: { dataset: { ...dataset, uri: 's3://elsewhere/d' } } }],
    ['number of worker processes', { parameters: { steps: 3, lora: { rank: 8 }, workers: 16 } }],
    ['order of the parameters', { parameters: { workers: 2, lora: { rank: 8 }, steps: 3 } }],
  ])('does not change with the %s', (_name, change) => {
    expect(stageKeyOf({ ...request, ...change })).toBe(stageKeyOf(request));
  });

  test('differs whenever a parameter does', () => {
    const values = fc.array(fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)));
    fc.assert(
      fc.property(values, values, (one, other) => {
        const [first, second] = [one, other].map((value) => stageKeyOf({ ...request, parameters: { value } }));
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test('finds the record of an earlier run, while its artifact stands', async () => {
    const { stageKey, record } = await activities.planStage(request);
    expect(record).toBeNull();
    const kept = { stageKey, artifact: await store.publish('made'), summary: {}, metrics: {} };
    await keepStageRecord(store.artifacts.objects, kept);
    expect(await activities.planStage(request)).toEqual({ stageKey, record: kept });
  });
});
