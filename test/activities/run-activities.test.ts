import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { RunActivities } from '../../src/activities/run-activities.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
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
    executions: { isOpen: async () => true },
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
