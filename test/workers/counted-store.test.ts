import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { withCountedBytes } from '../../src/workers/counted-store.ts';
import type { FakeMetrics } from '../fakes/fake-metrics.ts';
import { createFakeMetrics } from '../fakes/fake-metrics.ts';

let folder: string;
let metrics: FakeMetrics;
let store: ObjectStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-counted-'));
  metrics = createFakeMetrics();
  store = withCountedBytes(createDirectoryStore(pathToFileURL(join(folder, 'store')).href), metrics);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function moved(direction: 'up' | 'down'): number {
  return metrics.counted[`windlass_store_bytes_total{direction="${direction}"}`] ?? 0;
}

test('bytes count when they were moved: not for an object that was there already, or that there is none of', async () => {
  const bytes = Buffer.from('ten bytes.');
  expect(await store.putIfAbsent('a', bytes)).toBe(true);
  expect(await store.putIfAbsent('a', bytes)).toBe(false);
  expect(moved('up')).toBe(10);
  await store.get('a');
  await expect(store.get('b')).rejects.toMatchObject({ failure: 'NotFound' });
  expect(moved('down')).toBe(10);
});

test('bytes of files count as they flow, and who asked is told of them too', async () => {
  const content = Buffer.alloc(100_000, 'x');
  const [file, copy] = [join(folder, 'file'), join(folder, 'copy')];
  writeFileSync(file, content);
  let told = 0;
  const onBytes = (bytes: number): void => void (told += bytes);
  await store.upload(file, 'f', { onBytes });
  await store.upload(file, 'f');
  expect([moved('up'), told]).toEqual([content.length, content.length]);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await store.download('f', copy, { sha256, sizeBytes: content.length, onBytes });
  expect([moved('down'), told]).toEqual([content.length, 2 * content.length]);
  expect(readFileSync(copy).equals(content)).toBe(true);
});
