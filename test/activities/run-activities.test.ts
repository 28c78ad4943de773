import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { RunActivities } from '../../src/activities/run-activities.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import { createDirectorySource } from '../../src/adapters/directory/source-reader.ts';
import { createSpecResolver } from '../../src/adapters/platform/spec-resolver.ts';
import { withChange } from '../../src/adapters/platform/merge-input.ts';
import type { RunMemo } from '../../src/contracts/fork.ts';
import type { SpecChange } from '../../src/contracts/repair.ts';
import type { ResolvedRun, RunInput, RunSpec } from '../../src/contracts/run-spec.ts';
import type { StageName } from '../../src/contracts/stage.ts';
import { shippedPlatform } from '../adapters/platform/test-platform.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import { tinySpec } from '../fakes/tiny-spec.ts';

let store: StoreLab;
let activities: RunActivities;
let rows: string;
const archived = new Map<string, RunMemo | 'unresolved'>();

beforeEach(async () => {
  store = await openStoreLab();
  rows = store.fileOf('../rows.jsonl');
  await mkdir(dirname(store.fileOf('')), { recursive: true });
  await writeFile(rows, '{"prompt":"a","response":"b"}\n');
  activities = createRunActivities({
    artifacts: store.artifacts,
    executions: { isOpen: async () => true },
    archive: { find: async (runId) => archived.get(runId) ?? 'unknown' },
    resolver: {
      resolve: (given) => specOf(given as RunInput),
      parseFork: (given) => createSpecResolver(shippedPlatform()).parseFork(given),
      amend: (spec, change) => withChange({ ...spec }, change) as unknown as RunSpec,
    },
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
    expect(resolved.sources).toMatchObject([{ uri: pathToFileURL(rows).href, fileCount: 1 }]);
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

describe('a run that is repaired', () => {
  const change = { 'train.learningRate': 0.0001 };

  test('gets a spec of its own beside the first one, with the sources that it had', async () => {
    const before = await activities.resolveRun(order);
    await writeFile(rows, '{"prompt":"a","response":"other"}\n');
    const request = { runId: order.runId, resolved: before, change, stage: 'train' } as const;
    const after = await activities.amendRun(request);
    expect(after.spec).toEqual({ ...before.spec, train: { ...before.spec.train, learningRate: 0.0001 } });
    expect(after.sources).toEqual(before.sources);
    expect(after.specDigest).not.toBe(before.specDigest);
    const stored: unknown = JSON.parse(await readFile(fileURLToPath(after.specUri), 'utf8'));
    expect(stored).toEqual({ spec: after.spec, sources: after.sources, baseModel: null });
    expect(await activities.amendRun(request)).toEqual(after);
  });

  test('works with the sources as they are now where it prepares its data again', async () => {
    const before = await activities.resolveRun(order);
    await writeFile(rows, '{"prompt":"a","response":"mended"}\n');
    const request = { runId: order.runId, resolved: before, change: {}, stage: 'prepare-data' } as const;
    const after = await activities.amendRun(request);
    expect(after.sources).not.toEqual(before.sources);
    expect(after).toEqual(await activities.resolveRun(order));
  });
});

async function fork(from: StageName, set: SpecChange = {}): Promise<ResolvedRun> {
  return activities.resolveRun({
    runId: 'glossary-8',
    input: { fork: { run: order.runId, from, set }, requester: 'ada' },
  });
}

/** A run that ended long ago, under job code that has changed twice since. */
async function archivedRun(): Promise<ResolvedRun> {
  const origin = await activities.resolveRun(order);
  const { specUri, specDigest } = origin;
  archived.set(order.runId, { spec: specUri, specDigest, jobsDigests: ['sha256:c0de', 'sha256:01d'] });
  return origin;
}

describe('a run that is forked', () => {
  test('has the spec and the pins of the other run, and knows the job code behind its results', async () => {
    const origin = await archivedRun();
    await writeFile(rows, '{"prompt":"a","response":"other"}\n');
    const forked = await fork('train', { 'train.steps': 7 });
    expect(forked).toMatchObject({
      spec: { ...origin.spec, requester: 'ada', train: { ...origin.spec.train, steps: 7 } },
      sources: origin.sources,
      fork: { run: 'glossary-7', from: 'train' },
      jobsDigest: 'sha256:c0de',
      olderJobsDigests: ['sha256:01d'],
    });
    expect(forked.specUri).toContain('/runs/glossary-8/');
  });

  test('reads the sources as they are now where it begins with them', async () => {
    const origin = await archivedRun();
    await writeFile(rows, '{"prompt":"a","response":"mended"}\n');
    expect((await fork('prepare-data')).sources).not.toEqual(origin.sources);
  });

  test.each([
    [
      'of a run that nobody knows',
      { run: 'gone', from: 'train' },
      'fork.run: found "gone"; expected the id of a run that Temporal still knows',
    ],
    [
      'of a run that had no spec',
      { run: 'wrong', from: 'train' },
      'fork.run: found "wrong"; expected a run whose input was accepted',
    ],
    [
      'at no stage',
      { run: 'glossary-7', from: 'trian' },
      'fork.from: found "trian" (string); expected one of "prepare-data", "train"',
    ],
    [
      'that changes what came before',
      { run: 'glossary-7', from: 'train', set: { 'data.maxRows': 7 } },
      'fork.set["data.maxRows"]: found 7 (number); expected fields of train and of what comes after it; fork from prepare-data to change this one',
    ],
  ])('%s is refused', async (_name, origin, message) => {
    archived.set('wrong', 'unresolved');
    const refused = activities.resolveRun({ runId: 'glossary-8', input: { fork: origin as never } });
    await expect(refused).rejects.toMatchObject({ failure: 'InvalidSpec', message: expect.stringContaining(message) });
  });
});
