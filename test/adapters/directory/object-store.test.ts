import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createDirectoryStore } from '../../../src/adapters/directory/object-store.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import { openDirectoryUnderTest } from '../stores-under-test.ts';

describeObjectStore('a directory', openDirectoryUnderTest);

describe('a directory store', () => {
  const folders: string[] = [];
  const mounts: string[] = [];

  afterEach(async () => {
    for (const folder of mounts.splice(0)) spawnSync('umount', [folder]);
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });

  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'windlass-store-'));
    folders.push(folder);
    return folder;
  }

  it.each(['/plain/path', 'file://host/x', 'file:relative', 's3://bucket'])('refuses %s as its root', (uri) => {
    expect(() => createDirectoryStore(uri)).toThrow(/is not like file:\/\/\/absolute\/path/u);
  });

  it('says that the disk is full, and leaves nothing of the file behind', async (context) => {
    const folder = await newFolder();
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).status === 0;
    if (!isMounted) context.skip('mounting a tmpfs needs root');
    mounts.push(folder);
    const store = createDirectoryStore(pathToFileURL(folder).href);
    const full = { failure: 'StorageFull', message: expect.stringContaining('free disk space') };
    const source = join(await newFolder(), 'source');
    await writeFile(source, Buffer.alloc(3 * 1024 * 1024));
    await expect(store.upload(source, 'a/big')).rejects.toMatchObject(full);
    await expect(store.putIfAbsent('a/record', Buffer.alloc(3 * 1024 * 1024))).rejects.toMatchObject(full);
    expect(await readdir(join(folder, '.tmp'))).toEqual([]);
    expect(await store.putIfAbsent('a/small', Buffer.from('fits'))).toBe(true);
  });

  it('removes what dead writers and forgotten ones left, and nothing of the living', async () => {
    const folder = await newFolder();
    const host = (await ownTemporaryName(folder)).split('+')[0] ?? '';
    const names = {
      dead: `${host}+999999999+a`,
      living: `${host}+${process.pid}+b`,
      old: 'elsewhere+1+c',
      new: 'elsewhere+1+d',
    };
    for (const name of Object.values(names)) await writeFile(join(folder, '.tmp', name), 'x');
    await utimes(join(folder, '.tmp', names.old), 0, 0);
    await createDirectoryStore(pathToFileURL(folder).href).putIfAbsent('a', Buffer.from('x'));
    expect((await readdir(join(folder, '.tmp'))).toSorted()).toEqual([names.new, names.living].toSorted());
  });

  it('does not list files that a job is still writing', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'artifacts'));
    await writeFile(join(folder, 'artifacts', '.staging-0123'), 'half');
    const store = createDirectoryStore(pathToFileURL(folder).href);
    await store.putIfAbsent('artifacts/whole', Buffer.from('x'));
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(['artifacts/whole']);
    const unfinished = await Array.fromAsync(store.listUnfinished('artifacts/'));
    expect(unfinished.map(({ key }) => key)).toEqual(['artifacts/.staging-0123']);
  });
});

/** The name under which this process writes: seen while an upload is under way. */
async function ownTemporaryName(folder: string): Promise<string> {
  const source = join(folder, 'source');
  await writeFile(source, Buffer.alloc(4 * 1024 * 1024));
  const store = createDirectoryStore(pathToFileURL(join(folder)).href);
  let seen: Promise<string[]> | undefined;
  await store.upload(source, 'probe', { onBytes: () => void (seen ??= readdir(join(folder, '.tmp'))) });
  return (await seen)?.[0] ?? '';
}
