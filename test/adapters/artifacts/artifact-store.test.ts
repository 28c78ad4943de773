import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArtifactStore } from '../../../src/adapters/artifacts/artifact-store.ts';
import type { ArtifactRef } from '../../../src/contracts/artifact.ts';
import type { ArtifactStore, PublishTarget } from '../../../src/ports/object-store.ts';
import { startVersitygw, versitygwProblem } from '../../servers/versitygw.ts';
import type { VersitygwServer } from '../../servers/versitygw.ts';
import type { OpenStore, StoreUnderTest } from '../stores-under-test.ts';
import { openDirectoryUnderTest, openS3UnderTest } from '../stores-under-test.ts';

const problem = await versitygwProblem();

describeArtifactStore('a directory', openDirectoryUnderTest);

describe.skipIf(problem !== null)(`S3 on versitygw${problem === null ? '' : ` (skipped: ${problem})`}`, () => {
  let server: VersitygwServer;

  beforeAll(async () => {
    server = await startVersitygw();
  });

  afterAll(async () => server.stop());

  describeArtifactStore('a bucket', () => openS3UnderTest(server));
});

function describeArtifactStore(place: string, openStore: OpenStore): void {
  describe(`artifacts in ${place}`, () => {
    let test: StoreUnderTest;
    let artifacts: ArtifactStore;
    let source: string;
    let count = 0;

    beforeAll(async () => {
      test = await openStore();
      artifacts = createArtifactStore(test.store);
      source = join(test.scratch, 'source');
      await mkdir(join(source, 'engine'), { recursive: true });
      await writeFile(join(source, 'model.py'), 'print("hello")\n');
      await writeFile(join(source, 'engine/weights.bin'), Buffer.alloc(6 * 1024 * 1024, 7));
      await writeFile(join(source, 'engine/empty'), '');
    });

    afterAll(async () => test.remove());

    function newTarget(): PublishTarget {
      count += 1;
      const uri = `${test.store.rootUri}/artifacts/engine/0123456789abcdef/${count}`;
      return { uri, kind: 'engine', attributes: { runtime: 'openvino', parity: 1.0001 } };
    }

    function fileOf(ref: ArtifactRef, path: string): string {
      return test.fileOf(`${ref.uri.slice(test.store.rootUri.length + 1)}/${path}`);
    }

    it('publishes a directory that is complete and comes back byte for byte', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      expect(artifact).toMatchObject({ kind: 'engine', fileCount: 3, sizeBytes: 6 * 1024 * 1024 + 15 });
      expect(await artifacts.isComplete(artifact)).toBe(true);
      const directory = join(test.scratch, 'fetched');
      const manifest = await artifacts.fetch(artifact, directory);
      expect(manifest.files.map((file) => file.path)).toEqual(['engine/empty', 'engine/weights.bin', 'model.py']);
      const weights = await readFile(join(directory, 'engine/weights.bin'));
      expect(weights.equals(await readFile(join(source, 'engine/weights.bin')))).toBe(true);
      const manifestHash = createHash('sha256')
        .update(await readFile(join(directory, 'manifest.json')))
        .digest('hex');
      expect(artifact.digest).toBe(`sha256:${manifestHash}`);
    });

    it('gives the same digest for the same files at another uri', async () => {
      const [one, other] = [await artifacts.publish(source, newTarget()), await artifacts.publish(source, newTarget())];
      expect(one.digest).toBe(other.digest);
    });

    it('may be published again, and after a crash before the manifest', async () => {
      const target = newTarget();
      await test.store.upload(join(source, 'model.py'), `${target.uri.slice(test.store.rootUri.length + 1)}/model.py`);
      const artifact = await artifacts.publish(source, target);
      expect(await artifacts.publish(source, target)).toEqual(artifact);
    });

    it('refuses to put another artifact in the place of one', async () => {
      const target = newTarget();
      await artifacts.publish(source, target);
      const other = { ...target, attributes: { runtime: 'other' } };
      await expect(artifacts.publish(source, other)).rejects.toMatchObject({ failure: 'VersionConflict' });
    });

    it('refuses to publish beside a file with other bytes', async () => {
      const target = newTarget();
      const key = `${target.uri.slice(test.store.rootUri.length + 1)}/model.py`;
      await test.store.putIfAbsent(key, Buffer.from('print("other")\n'));
      await expect(artifacts.publish(source, target)).rejects.toMatchObject({ failure: 'VersionConflict' });
      expect(await test.store.stat(key.replace('model.py', 'manifest.json'))).toBeNull();
    });

    it('lets one of many publishers commit, and all of them agree', async () => {
      const target = newTarget();
      const published = await Promise.all(Array.from({ length: 6 }, () => artifacts.publish(source, target)));
      expect(new Set(published.map((artifact) => artifact.digest)).size).toBe(1);
      expect(await test.leftovers()).toEqual([]);
    });

    it('reads one file, verified', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      expect(String(Buffer.from(await artifacts.readFile(artifact, 'model.py')))).toBe('print("hello")\n');
      await writeFile(fileOf(artifact, 'model.py'), 'print("hullo")\n');
      await expect(artifacts.readFile(artifact, 'model.py')).rejects.toMatchObject({ failure: 'CorruptArtifact' });
      await expect(artifacts.readFile(artifact, 'model.txt')).rejects.toMatchObject({
        failure: 'NotFound',
        message: expect.stringContaining('it has engine/empty, engine/weights.bin, model.py'),
      });
    });

    it('does not fetch changed files, and fetches again when they are restored', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      const directory = join(test.scratch, 'restored');
      await writeFile(fileOf(artifact, 'model.py'), 'print("hullo")\n');
      await expect(artifacts.fetch(artifact, directory)).rejects.toMatchObject({
        failure: 'CorruptArtifact',
        message: expect.stringContaining('model.py'),
      });
      await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
      await writeFile(fileOf(artifact, 'model.py'), 'print("hello")\n');
      await artifacts.fetch(artifact, directory);
      expect((await readdir(directory)).toSorted()).toEqual(['engine', 'manifest.json', 'model.py']);
      expect((await readdir(test.scratch)).filter((name) => name.endsWith('.fetching'))).toEqual([]);
    });

    it('gives files of its own, so that a change there does not reach the store', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      const directory = join(test.scratch, 'changed');
      await artifacts.fetch(artifact, directory);
      await chmod(join(directory, 'model.py'), 0o644);
      await writeFile(join(directory, 'model.py'), 'print("mine")\n');
      expect(String(Buffer.from(await artifacts.readFile(artifact, 'model.py')))).toBe('print("hello")\n');
    });

    it('takes a directory that holds the artifact as done, and refuses any other', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      const directory = join(test.scratch, 'twice');
      const manifest = await artifacts.fetch(artifact, directory);
      expect(await artifacts.fetch(artifact, directory)).toEqual(manifest);
      const taken = { failure: 'VersionConflict', message: expect.stringContaining('exists and does not hold') };
      await expect(artifacts.fetch(artifact, source)).rejects.toMatchObject(taken);
    });

    it('lets several fetch into one directory at a time', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      const directory = join(test.scratch, 'shared');
      const manifests = await Promise.all([1, 2, 3].map(() => artifacts.fetch(artifact, directory)));
      expect(manifests[1]).toEqual(manifests[0]);
      expect(await readFile(join(directory, 'engine/weights.bin'))).toHaveLength(6 * 1024 * 1024);
    });

    it('is not complete while its manifest or a file is missing or changed', async () => {
      const target = newTarget();
      const never = { uri: target.uri, kind: target.kind, digest: `sha256:${'0'.repeat(64)}` } as const;
      expect(await artifacts.isComplete(never)).toBe(false);
      const artifact = await artifacts.publish(source, target);
      expect(await artifacts.isComplete({ ...artifact, digest: never.digest })).toBe(false);
      await test.store.delete(`${target.uri.slice(test.store.rootUri.length + 1)}/engine/empty`);
      expect(await artifacts.isComplete(artifact)).toBe(false);
    });

    it('refuses a manifest that is not the one the reference names', async () => {
      const artifact = await artifacts.publish(source, newTarget());
      await expect(artifacts.manifest({ ...artifact, kind: 'dataset' })).rejects.toMatchObject({
        failure: 'CorruptArtifact',
        message: expect.stringContaining('it is a engine, expected a dataset'),
      });
      await writeFile(fileOf(artifact, 'manifest.json'), '{}');
      await expect(artifacts.manifest(artifact)).rejects.toMatchObject({ failure: 'CorruptArtifact' });
    });

    it('refuses a manifest whose files lie outside of the artifact', async () => {
      const { uri } = newTarget();
      const files = [{ path: '../../escape', sha256: '0'.repeat(64), size: 0 }];
      const bytes = Buffer.from(
        JSON.stringify({ attributes: {}, files, kind: 'engine', schema: 'windlass.artifact/v1' }),
      );
      await test.store.putIfAbsent(`${uri.slice(test.store.rootUri.length + 1)}/manifest.json`, bytes);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const;
      await expect(
        artifacts.fetch({ uri, digest, kind: 'engine' }, join(test.scratch, 'escaped')),
      ).rejects.toMatchObject({
        failure: 'CorruptArtifact',
        message: expect.stringContaining('is no relative path'),
      });
    });

    it('says that an artifact lies in another store', async () => {
      const ref = { uri: 's3://elsewhere/artifacts/x', digest: `sha256:${'0'.repeat(64)}`, kind: 'engine' } as const;
      await expect(artifacts.manifest(ref)).rejects.toMatchObject({
        failure: 'InvalidConfig',
        message: expect.stringContaining(`does not lie in the store ${test.store.rootUri}`),
      });
    });

    it('publishes no empty directory and nothing that is not a file', async () => {
      const directory = join(test.scratch, 'odd');
      await mkdir(directory);
      await writeFile(join(directory, 'result.json'), '{}');
      await expect(artifacts.publish(directory, newTarget())).rejects.toMatchObject({ failure: 'InvalidData' });
      await symlink(source, join(directory, 'linked'));
      await expect(artifacts.publish(directory, newTarget())).rejects.toMatchObject({
        failure: 'InvalidData',
        message: expect.stringContaining('"linked" cannot be part of an artifact: it is not a plain file'),
      });
      await rm(directory, { recursive: true });
      await expect(artifacts.publish(directory, newTarget())).rejects.toMatchObject({ failure: 'NotFound' });
    });
  });
}
