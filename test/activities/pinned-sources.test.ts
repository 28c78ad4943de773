import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { storeSource, withPinnedFiles } from '../../src/activities/pinned-sources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { PinnedSource } from '../../src/contracts/run-spec.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';

const files = Array.from({ length: 5000 }, (_, index) => ({
  uri: `s3://corpus/part-${index}.jsonl`,
  size: index,
  etag: `"${index}"`,
}));
const source: PinnedSource = { uri: 's3://corpus/*.jsonl', format: 'jsonl', fields: { text: 'text' }, files };

let store: StoreLab;
beforeEach(async () => {
  store = await openStoreLab();
});
afterEach(async () => store.remove());

describe('a pinned source', () => {
  test('goes through a history by digest, however many files it has, and is whole in the document of its job', async () => {
    const { objects } = store.artifacts;
    const stored = await storeSource(objects, source);
    expect(JSON.stringify(stored).length).toBeLessThan(300);
    expect(stored).toMatchObject({ uri: source.uri, fileCount: files.length });
    const parameters = { kind: 'text', sources: [stored] } as unknown as JsonObject;
    const request = jobRequest({ stage: 'prepare-data', parameters });
    expect((await withPinnedFiles(objects, request)).parameters).toEqual({ kind: 'text', sources: [source] });
  });

  test('has another digest when any file has changed, and the same when stored twice', async () => {
    const { objects } = store.artifacts;
    const [first, ...others] = files;
    const changed = { ...source, files: [{ ...first, uri: 's3://corpus/part-0.jsonl', size: 1 }, ...others] };
    const { filesDigest } = await storeSource(objects, source);
    expect((await storeSource(objects, source)).filesDigest).toBe(filesDigest);
    expect((await storeSource(objects, changed)).filesDigest).not.toBe(filesDigest);
  });

  test('whose list is gone is named by the store', async () => {
    const lost = {
      uri: source.uri,
      format: 'jsonl',
      fields: {},
      filesDigest: `sha256:${'0'.repeat(64)}`,
      fileCount: 1,
    };
    const request = jobRequest({ stage: 'prepare-data', parameters: { sources: [lost] } });
    await expect(withPinnedFiles(store.artifacts.objects, request)).rejects.toMatchObject({ failure: 'NotFound' });
  });

  test('that lists its files, as specs of earlier versions do, is left as it is', async () => {
    const parameters = { sources: [source] } as unknown as JsonObject;
    const request = jobRequest({ stage: 'prepare-data', parameters });
    expect((await withPinnedFiles(store.artifacts.objects, request)).parameters).toEqual(parameters);
  });

  test('is no matter of other stages', async () => {
    const request = jobRequest({ stage: 'train', parameters: { sources: [7] } });
    expect(await withPinnedFiles(store.artifacts.objects, request)).toBe(request);
  });
});
