import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createDirectorySource } from '../../../src/adapters/directory/source-reader.ts';
import { describeSourceReader, specOf } from '../source-reader.contract.ts';
import { makeParent } from '../stores-under-test.ts';

const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass source-'));
  folders.push(folder);
  return folder;
}

describeSourceReader('a directory', async () => {
  const folder = await newFolder();
  return {
    reader: createDirectorySource(),
    rootUri: `${pathToFileURL(folder).href}/`,
    write: async (path, text) => writeFile(await makeParent(join(folder, path)), text),
  };
});

describe('a directory source', () => {
  it('follows a link to a file, but not a link that leads round in a circle', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'real.txt'), 'x');
    await symlink(join(folder, 'real.txt'), join(folder, 'link.txt'));
    await symlink(folder, join(folder, 'circle'));
    const { files } = await createDirectorySource().pin(specOf(`${pathToFileURL(folder).href}/`));
    expect(files.map((file) => file.uri.split('/').at(-1))).toEqual(['link.txt', 'real.txt']);
  });

  it.each(['/plain/path', 's3://bucket/key', 'file:///data/a?b', 'file:///data/a#b'])('refuses %s', async (uri) => {
    await expect(createDirectorySource().pin(specOf(uri))).rejects.toMatchObject({ failure: 'InvalidSpec' });
  });
});
