import { rm, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { discardStageRecord, findStageRecord, keepStageRecord } from '../../src/activities/stage-records.ts';
import { AdapterError } from '../../src/adapters/errors.ts';
import type { StageRecord } from '../../src/contracts/job.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

const stageKey = `sha256:${'a'.repeat(64)}` as const;
let store: StoreLab;
let record: StageRecord;

beforeEach(async () => {
  store = await openStoreLab();
  record = { stageKey, artifact: await store.publish('made'), summary: {}, metrics: {} };
  await keepStageRecord(store.artifacts.objects, record);
});
afterEach(async () => store.remove());

describe('a stage record', () => {
  test('is found again while its artifact stands, and not under another key', async () => {
    expect(await findStageRecord(store.artifacts, stageKey)).toEqual(record);
    expect(await findStageRecord(store.artifacts, `sha256:${'b'.repeat(64)}`)).toBeNull();
  });

  test('of equal keys is the first one', async () => {
    await keepStageRecord(store.artifacts.objects, { ...record, metrics: { seconds: 9 } });
    expect(await findStageRecord(store.artifacts, stageKey)).toEqual(record);
  });

  test.each([
    ['a file is gone', async () => rm(store.fileOf('made/model.txt'))],
    ['a file is shorter', async () => writeFile(store.fileOf('made/model.txt'), 'm')],
    ['the manifest was changed', async () => writeFile(store.fileOf('made/manifest.json'), '{}')],
    ['the manifest is gone', async () => rm(store.fileOf('made/manifest.json'))],
  ])('is dropped when %s, so that the stage runs again and is kept anew', async (_name, damage) => {
    await damage();
    expect(await findStageRecord(store.artifacts, stageKey)).toBeNull();
    const again = { ...record, artifact: await store.publish('made-again') };
    await keepStageRecord(store.artifacts.objects, again);
    expect(await findStageRecord(store.artifacts, stageKey)).toEqual(again);
  });

  test('stays when the store does not answer', async () => {
    const away = new AdapterError('Unavailable', 'the store does not answer', { system: 'store' });
    const failing = { ...store.artifacts, isComplete: async () => Promise.reject(away) };
    await expect(findStageRecord(failing, stageKey)).rejects.toBe(away);
    expect(await findStageRecord(store.artifacts, stageKey)).toEqual(record);
  });
});

describe('a record whose artifact was found damaged', () => {
  test('is dropped, unless it names another artifact by then', async () => {
    const { objects } = store.artifacts;
    await discardStageRecord(objects, { stageKey, artifactUri: 'file:///store/rebuilt-meanwhile' });
    expect(await findStageRecord(store.artifacts, stageKey)).toEqual(record);
    await discardStageRecord(objects, { stageKey, artifactUri: record.artifact.uri });
    await discardStageRecord(objects, { stageKey, artifactUri: record.artifact.uri });
    expect(await findStageRecord(store.artifacts, stageKey)).toBeNull();
  });
});
