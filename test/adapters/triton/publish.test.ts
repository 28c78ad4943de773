import { execFile } from 'node:child_process';
import { link, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTritonReplica } from '../../../src/adapters/triton/replica.ts';
import type { ReplicaBench } from './replica-bench.ts';
import { openBench, serving } from './replica-bench.ts';

let bench: ReplicaBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => bench.stop());

test('publishing twice is publishing once', async () => {
  const engine = await bench.publish('twice', 1);
  const first = await stat(folderOf('twice', 1));
  await bench.replica.publish({ model: 'twice', version: 1, engine, serving, fence: 1 });
  const second = await stat(folderOf('twice', 1));
  expect([second.ino, second.ctimeMs]).toEqual([first.ino, first.ctimeMs]);
  expect((await bench.replica.readState('twice')).publishedVersions).toEqual([1]);
});

test('a version directory holds the engine and its serving options', async () => {
  await bench.publish('content', 1);
  const text = await readFile(join(folderOf('content', 1), 'serving.json'), 'utf8');
  expect(text).toBe('{"cacheSizeGb":1,"maxConcurrent":4,"maxNewTokens":32,"threads":1}');
  expect(await readdir(folderOf('content', 1))).toEqual(expect.arrayContaining(['model.py', 'behaviour.json']));
});

test('a number that is published is refused to another engine and to other serving options', async () => {
  const engine = await bench.publish('taken', 1);
  const other = await bench.shelf.build({ name: 'other' });
  const request = { model: 'taken', version: 1, fence: 1 };
  await expect(bench.replica.publish({ ...request, engine: other, serving })).rejects.toMatchObject({
    failure: 'VersionConflict',
  });
  await expect(
    bench.replica.publish({ ...request, engine, serving: { ...serving, threads: 2 } }),
  ).rejects.toMatchObject({
    failure: 'VersionConflict',
    message: expect.stringContaining('other serving options') as unknown,
  });
});

test('an engine whose bytes differ from its digests is not published', async () => {
  const engine = await bench.shelf.build({ name: 'sound' });
  await writeFile(join(fileURLToPath(engine.uri), 'model.py'), 'class Evil: ...');
  const publishing = bench.replica.publish({ model: 'corrupt', version: 1, engine, serving, fence: 1 });
  await expect(publishing).rejects.toMatchObject({ failure: 'CorruptArtifact' });
  expect((await bench.replica.readState('corrupt')).publishedVersions).toEqual([]);
});

test('a worker that is killed after the copy leaves nothing visible, and the next one goes on', async () => {
  const engine = await bench.shelf.build({ name: 'interrupted' });
  const request = { model: 'interrupted', version: 1, engine, serving, fence: 1 };
  const killed = publishAndDie({ platform: bench.platform, storeUri: bench.shelf.artifacts.objects.rootUri, request });
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
  expect((await bench.replica.readState('interrupted')).publishedVersions).toEqual([]);
  await bench.replica.publish(request);
  expect((await bench.replica.readState('interrupted')).publishedVersions).toEqual([1]);
});

test('a store that hands out hard links does not share files with the repository', async () => {
  const engine = await bench.shelf.build({ name: 'linked' });
  const { artifacts } = bench.shelf;
  const linking = createTritonReplica({
    replica: bench.platform,
    artifacts: {
      ...artifacts,
      fetch: async (ref, directory, options) => {
        const manifest = await artifacts.fetch(ref, directory, options);
        await link(join(directory, 'model.py'), join(bench.shelf.directory, 'second-name.py'));
        return manifest;
      },
    },
  });
  await linking.publish({ model: 'linked', version: 1, engine, serving, fence: 1 });
  expect((await stat(join(folderOf('linked', 1), 'model.py'))).nlink).toBe(1);
});

test('nothing is left beside the repository after a publication', async () => {
  await bench.publish('tidy', 1);
  const beside = await readdir(join(dirname(bench.platform.repositoryDirectory), 'repository-staging'));
  expect(beside).not.toContain('tidy');
});

test('what a killed worker has staged of a version that is published by now goes with the next try', async () => {
  const model = 'overtaken';
  const engine = await bench.publish(model, 1);
  const staged = join(dirname(bench.platform.repositoryDirectory), 'repository-staging', model, '1-0123456789ab');
  await mkdir(staged, { recursive: true });
  await bench.replica.publish({ model, version: 1, engine, serving, fence: 1 });
  expect(await bench.replica.readState(model)).toMatchObject({ publishedVersions: [1], stagedVersions: [] });
});

test.each([
  ['before it copied copies nothing', 'fence-before', false],
  ['while it copied leaves nothing', 'fence-during', true],
])('a deployer that was taken over %s', async (_how, model, isDuring) => {
  const engine = await bench.shelf.build({ name: model });
  const { artifacts } = bench.shelf;
  let copies = 0;
  const replica = createTritonReplica({
    replica: bench.platform,
    artifacts: {
      ...artifacts,
      fetch: async (...call) => {
        copies++;
        await bench.replica.raiseFence({ model, fence: 2 });
        return artifacts.fetch(...call);
      },
    },
  });
  if (!isDuring) await bench.replica.raiseFence({ model, fence: 2 });
  const publishing = replica.publish({ model, version: 1, engine, serving, fence: 1 });
  await expect(publishing).rejects.toMatchObject({ failure: 'StaleFence' });
  expect(copies).toBe(isDuring ? 1 : 0);
  expect(await bench.replica.readState(model)).toMatchObject({ publishedVersions: [], stagedVersions: [] });
});

test('a cancelled publication ends before the version appears, and leaves nothing staged', async () => {
  const model = 'cancelled';
  const engine = await bench.shelf.build({ name: model });
  const { artifacts } = bench.shelf;
  const stopping = new AbortController();
  const replica = createTritonReplica({
    replica: bench.platform,
    artifacts: {
      ...artifacts,
      fetch: async (ref, directory, options) => {
        const manifest = await artifacts.fetch(ref, directory, options);
        stopping.abort(new Error('the run was cancelled'));
        return manifest;
      },
    },
  });
  const publishing = replica.publish({ model, version: 1, engine, serving, fence: 1 }, { signal: stopping.signal });
  await expect(publishing).rejects.toThrow('the run was cancelled');
  expect(await replica.readState(model)).toMatchObject({ publishedVersions: [], stagedVersions: [] });
});

test('what a killed worker has staged is seen, and goes with the removal of its version', async () => {
  const engine = await bench.shelf.build({ name: 'left' });
  const request = { model: 'left', version: 1, engine, serving, fence: 1 };
  const killed = publishAndDie({ platform: bench.platform, storeUri: bench.shelf.artifacts.objects.rootUri, request });
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
  expect(await bench.replica.readState('left')).toMatchObject({ publishedVersions: [], stagedVersions: [1] });
  await bench.replica.unpublish({ model: 'left', version: 1, fence: 1 });
  expect(await bench.replica.readState('left')).toMatchObject({ publishedVersions: [], stagedVersions: [] });
});

test('a loaded version keeps its files, as model and as candidate; an unloaded one loses them, also twice', async () => {
  const model = 'unpublished';
  await bench.publish(model, 1);
  await bench.replica.loadCandidate({ model, version: 1, fence: 1 });
  await expect(bench.replica.unpublish({ model, version: 1, fence: 1 })).rejects.toMatchObject({
    failure: 'VersionConflict',
  });
  await bench.replica.showVersions({ model, versions: [1], fence: 1 });
  await bench.replica.unloadCandidate({ model, fence: 1 });
  await expect(bench.replica.unpublish({ model, version: 1, fence: 1 })).rejects.toMatchObject({
    failure: 'VersionConflict',
  });
  await bench.replica.showVersions({ model, versions: [], fence: 1 });
  await bench.replica.unpublish({ model, version: 1, fence: 1 });
  await bench.replica.unpublish({ model, version: 1, fence: 1 });
  expect((await bench.replica.readState(model)).publishedVersions).toEqual([]);
});

function folderOf(model: string, version: number): string {
  return join(bench.platform.repositoryDirectory, model, String(version));
}

async function publishAndDie(input: object): Promise<unknown> {
  const script = join(import.meta.dirname, '../../fixtures/triton/publish-and-die.ts');
  return promisify(execFile)(process.execPath, [script, JSON.stringify(input)]);
}
