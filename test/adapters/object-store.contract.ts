import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { OpenStore, StoreUnderTest } from './stores-under-test.ts';
import { makeParent } from './stores-under-test.ts';

const bigBytes = 32 * 1024 * 1024 + 12_345;
/** More than four ranges can be under way without one being complete. */
const abortAfterBytes = 24 * 1024 * 1024;
const writerScript = join(import.meta.dirname, 'store-writer.ts');

/** What every object store must do, whatever keeps the bytes. */
export function describeObjectStore(name: string, openStore: OpenStore): void {
  describe(`${name} as an object store`, () => {
    let test: StoreUnderTest;
    let store: ObjectStore;
    let big: string;
    let pinned: { readonly sha256: string; readonly sizeBytes: number };

    beforeAll(async () => {
      test = await openStore();
      store = test.store;
      big = join(test.scratch, 'big.bin');
      pinned = await writeBigFile(big);
    });

    afterAll(async () => test.remove());

    it('gives the bytes back that were put, and their size', async () => {
      const bytes = Buffer.from('ein Stück Text\n');
      expect(await store.putIfAbsent('records/one.json', bytes)).toBe(true);
      expect(Buffer.from(await store.get('records/one.json'))).toEqual(bytes);
      expect(await store.stat('records/one.json')).toEqual({ sizeBytes: bytes.length });
    });

    it('keeps the first bytes when a key is put again', async () => {
      await store.putIfAbsent('records/first', Buffer.from('first'));
      expect(await store.putIfAbsent('records/first', Buffer.from('second'))).toBe(false);
      expect(String(Buffer.from(await store.get('records/first')))).toBe('first');
    });

    it('takes an empty object', async () => {
      expect(await store.putIfAbsent('records/empty', new Uint8Array())).toBe(true);
      expect(await store.get('records/empty')).toHaveLength(0);
      expect(await store.stat('records/empty')).toEqual({ sizeBytes: 0 });
    });

    it('lets exactly one of 50 racing writers win', async () => {
      const writers = Array.from({ length: 50 }, (_, index) => Buffer.from(`writer ${index}`));
      const wins = await Promise.all(writers.map((bytes) => store.putIfAbsent('race/one-process', bytes)));
      const winners = writers.filter((_, index) => wins[index]);
      expect(winners).toHaveLength(1);
      expect(Buffer.from(await store.get('race/one-process'))).toEqual(winners[0]);
    });

    it('lets exactly one of 50 writers in two processes win', async () => {
      const wins = await Promise.all(['left', 'right'].map((side) => raceInProcess(test, 'race/two-processes', side)));
      expect(wins.flat()).toHaveLength(1);
      expect(String(Buffer.from(await store.get('race/two-processes')))).toBe(wins.flat()[0]);
    });

    it('lists keys below a prefix in byte order, and nothing else', async () => {
      for (const key of ['list/b', 'list/a/z', 'list/a-1', 'list/a.txt', 'other/x']) {
        await store.putIfAbsent(key, Buffer.from(key));
      }
      expect(await keysOf(store, 'list/')).toEqual(['list/a-1', 'list/a.txt', 'list/a/z', 'list/b']);
      expect(await keysOf(store, 'list/a')).toEqual(['list/a-1', 'list/a.txt', 'list/a/z']);
      expect(await keysOf(store, 'nothing/here')).toEqual([]);
    });

    it('lists more keys than a server gives in one answer', async () => {
      for (let index = 0; index < 1200; index += 1) {
        await writeFile(await makeParent(test.fileOf(`many/${String(index).padStart(4, '0')}`)), 'x');
      }
      const keys = await keysOf(store, 'many/');
      expect(keys).toHaveLength(1200);
      expect(keys).toEqual(keys.toSorted());
    });

    it('deletes a key, also one that is gone', async () => {
      await store.putIfAbsent('records/doomed', Buffer.from('x'));
      await store.delete('records/doomed');
      await store.delete('records/doomed');
      expect(await store.stat('records/doomed')).toBeNull();
      expect(await store.putIfAbsent('records/doomed', Buffer.from('new'))).toBe(true);
    });

    it('names the missing key', async () => {
      expect(await store.stat('records/never')).toBeNull();
      await expect(store.get('records/never')).rejects.toMatchObject({
        failure: 'NotFound',
        message: expect.stringContaining(`${store.rootUri}/records/never`),
      });
      await expect(store.download('records/never', join(test.scratch, 'never'), pinned)).rejects.toMatchObject({
        failure: 'NotFound',
      });
    });

    it.each([
      '',
      '/absolute',
      'a//b',
      'a/',
      '../escape',
      'a/../../b',
      './a',
      'a\\b',
      'a\nb',
      '.tmp/x',
      'x'.repeat(1025),
    ])('refuses %j as a key', async (key) => {
      await expect(store.putIfAbsent(key, Buffer.from('x'))).rejects.toMatchObject({ failure: 'InvalidConfig' });
      await expect(store.get(key)).rejects.toMatchObject({ failure: 'InvalidConfig' });
      await expect(store.upload(big, key)).rejects.toMatchObject({ failure: 'InvalidConfig' });
    });

    it('moves a file of many parts up and down unchanged', async () => {
      let sentBytes = 0;
      await store.upload(big, 'files/big', { onBytes: (bytes) => (sentBytes += bytes) });
      const target = join(test.scratch, 'made/on/the/way/big.out');
      let receivedBytes = 0;
      await store.download('files/big', target, { ...pinned, onBytes: (bytes) => (receivedBytes += bytes) });
      expect((await readFile(target)).equals(await readFile(big))).toBe(true);
      expect([sentBytes, receivedBytes]).toEqual([bigBytes, bigBytes]);
      expect(await readdir(join(target, '..'))).toEqual(['big.out']);
      expect(await test.leftovers()).toEqual([]);
    });

    it('sends nothing when the object is there', async () => {
      await store.putIfAbsent('files/there', Buffer.from('there first'));
      let sentBytes = 0;
      await store.upload(big, 'files/there', { onBytes: (bytes) => (sentBytes += bytes) });
      expect(sentBytes).toBe(0);
      expect(await store.stat('files/there')).toEqual({ sizeBytes: 11 });
    });

    it('keeps the object of a writer that is faster than an upload', async () => {
      let other: Promise<boolean> | undefined;
      const onBytes = (): void => void (other ??= test.reopen().putIfAbsent('files/overtaken', Buffer.from('faster')));
      await store.upload(big, 'files/overtaken', { onBytes });
      const isOtherFirst = await other;
      expect(await store.stat('files/overtaken')).toEqual({ sizeBytes: isOtherFirst ? 6 : bigBytes });
      expect(await test.leftovers()).toEqual([]);
    });

    it('says which local file is missing', async () => {
      const missing = join(test.scratch, 'no-such-file');
      await expect(store.upload(missing, 'files/missing')).rejects.toMatchObject({
        failure: 'NotFound',
        message: expect.stringContaining(missing),
      });
    });

    it('leaves nothing behind when an upload is aborted', async () => {
      const { signal, abort } = abortable();
      await expect(store.upload(big, 'files/aborted', { signal, onBytes: abort })).rejects.toThrow('enough');
      expect(await store.stat('files/aborted')).toBeNull();
      expect(await test.leftovers()).toEqual([]);
    });

    it('begins nothing when it was aborted before', async () => {
      const { signal, abort } = abortable();
      abort();
      await expect(store.upload(big, 'files/never-begun', { signal })).rejects.toThrow('enough');
      await expect(store.download('files/big', join(test.scratch, 'big.out'), { ...pinned, signal })).rejects.toThrow(
        'enough',
      );
    });

    it('goes on with an aborted download where it stopped', async () => {
      const { signal, abort } = abortable();
      const target = join(test.scratch, 'resumed.out');
      const firstOptions = { ...pinned, signal, onBytes: onceMoved(abortAfterBytes, abort) };
      await expect(store.download('files/big', target, firstOptions)).rejects.toThrow('enough');
      let receivedBytes = 0;
      await store.download('files/big', target, { ...pinned, onBytes: (bytes) => (receivedBytes += bytes) });
      expect(receivedBytes).toBeLessThan(bigBytes);
      expect((await readFile(target)).equals(await readFile(big))).toBe(true);
    });

    it('fetches anew when what is there of an earlier download is wrong', async () => {
      const { signal, abort } = abortable();
      const target = join(test.scratch, 'rotten.out');
      const firstOptions = { ...pinned, signal, onBytes: onceMoved(abortAfterBytes, abort) };
      await expect(store.download('files/big', target, firstOptions)).rejects.toThrow('enough');
      await flipByte(`${target}.${pinned.sha256.slice(0, 16)}.part`);
      await store.download('files/big', target, pinned);
      expect((await readFile(target)).equals(await readFile(big))).toBe(true);
    });

    it('refuses an object whose bytes or size have changed, and leaves no file', async () => {
      await store.upload(big, 'files/spoilt');
      await flipByte(test.fileOf('files/spoilt'));
      const spoilt = { failure: 'CorruptArtifact', message: expect.stringContaining('files/spoilt') };
      await expect(store.download('files/spoilt', join(test.scratch, 'spoilt.out'), pinned)).rejects.toMatchObject(
        spoilt,
      );
      await appendFile(test.fileOf('files/spoilt'), 'x');
      await expect(store.download('files/spoilt', join(test.scratch, 'spoilt.out'), pinned)).rejects.toMatchObject(
        spoilt,
      );
      expect((await readdir(test.scratch)).filter((file) => file.startsWith('spoilt'))).toEqual([]);
    });

    it('tells how old an object is', async () => {
      const beganMs = Date.now();
      await store.putIfAbsent('records/dated', Buffer.from('x'));
      const [dated] = await Array.fromAsync(store.list('records/dated'));
      expect(dated?.modifiedMs).toBeGreaterThan(beganMs - 5_000);
      expect(dated?.modifiedMs).toBeLessThan(Date.now() + 5_000);
    });

    it('names what a killed writer has left, by prefix too, and removes it, however often', async () => {
      await killMidUpload(test, 'files/left-alone', big);
      expect(await Array.fromAsync(store.listUnfinished('files/left/'))).toEqual([]);
      const left = await Array.fromAsync(store.listUnfinished(''));
      expect(left.some(({ sizeBytes }) => sizeBytes > 0)).toBe(true);
      for (const { id } of [...left, ...left]) await store.removeUnfinished(id);
      expect(await Array.fromAsync(store.listUnfinished(''))).toEqual([]);
      expect(await test.leftovers()).toEqual([]);
    });

    it('shows no object of a killed writer and takes the next one in full', async () => {
      await killMidUpload(test, 'files/killed', big);
      expect(await store.stat('files/killed')).toBeNull();
      expect(await keysOf(store, 'files/killed')).toEqual([]);
      await test.reopen().upload(big, 'files/killed');
      const target = join(test.scratch, 'killed.out');
      await store.download('files/killed', target, pinned);
      expect(await test.leftovers()).toEqual([]);
      await rm(target);
    });
  });
}

async function writeBigFile(path: string): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const bytes = Buffer.alloc(bigBytes);
  for (let at = 0; at + 4 <= bigBytes; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  await writeFile(path, bytes);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bigBytes };
}

async function keysOf(store: ObjectStore, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) };
}

function onceMoved(enoughBytes: number, act: () => void): (bytes: number) => void {
  let movedBytes = 0;
  return (bytes) => {
    movedBytes += bytes;
    if (movedBytes >= enoughBytes) act();
  };
}

async function flipByte(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 1000);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, 1000);
  await file.close();
}

async function raceInProcess(test: StoreUnderTest, key: string, side: string): Promise<readonly string[]> {
  const writer = startWriter(test, ['race', test.store.rootUri, key, '25', side]);
  let output = '';
  writer.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(writer, 'close');
  return JSON.parse(output) as readonly string[];
}

async function killMidUpload(test: StoreUnderTest, key: string, file: string): Promise<void> {
  const writer = startWriter(test, ['stall', test.store.rootUri, key, file]);
  await once(writer.stdout, 'data');
  const exited = once(writer, 'exit');
  writer.kill('SIGKILL');
  await exited;
}

function startWriter(test: StoreUnderTest, argv: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  const env = { ...process.env, ...test.environment };
  return spawn(process.execPath, [writerScript, ...argv], { stdio: ['ignore', 'pipe', 'inherit'], env });
}
