import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PinnedFile, SourceSpec } from '../../src/contracts/run-spec.ts';
import type { SourceReader } from '../../src/ports/source-reader.ts';

/** A reader and a place with files that it can read. */
export interface SourceUnderTest {
  readonly reader: SourceReader;
  /** Uri of the place, with a trailing slash. */
  readonly rootUri: string;
  /** Puts a file there, replacing what there is. */
  write(path: string, text: string): Promise<void>;
}

/** What every source reader must do, wherever the files lie. */
export function describeSourceReader(name: string, openSource: () => Promise<SourceUnderTest>): void {
  describe(`${name} as a source`, () => {
    let source: SourceUnderTest;

    beforeAll(async () => {
      source = await openSource();
      const names = [
        'b.jsonl',
        'a.jsonl',
        'notes.txt',
        '.hidden.jsonl',
        'deep/c.jsonl',
        'deep/.git/config',
        'other/d.csv',
      ];
      for (const path of names) await source.write(path, `content of ${path}`);
    });

    async function pin(path: string): Promise<readonly PinnedFile[]> {
      return (await source.reader.pin(specOf(`${source.rootUri}${path}`))).files;
    }

    async function pathsOf(pattern: string): Promise<readonly string[]> {
      return (await pin(pattern)).map((file) => file.uri.slice(source.rootUri.length));
    }

    it('pins one file by size and sha256', async () => {
      const text = 'content of a.jsonl';
      const [file, ...others] = await pin('a.jsonl');
      expect(others).toEqual([]);
      expect(file).toMatchObject({ uri: `${source.rootUri}a.jsonl`, size: text.length, sha256: sha256Of(text) });
    });

    it('keeps what the source said beside the files', async () => {
      const spec = specOf(`${source.rootUri}a.jsonl`);
      expect(await source.reader.pin(spec)).toMatchObject(spec);
    });

    it('takes every file below a folder, sorted, but hidden ones', async () => {
      const all = ['a.jsonl', 'b.jsonl', 'deep/c.jsonl', 'notes.txt', 'other/d.csv'];
      expect(await pathsOf('')).toEqual(all);
      expect(await pathsOf('deep/')).toEqual(['deep/c.jsonl']);
    });

    it('takes a folder without its slash as the folder', async () => {
      expect(await pathsOf('deep')).toEqual(['deep/c.jsonl']);
    });

    it('takes the files of one folder that match', async () => {
      expect(await pathsOf('*.jsonl')).toEqual(['a.jsonl', 'b.jsonl']);
      expect(await pathsOf('*')).toEqual(['a.jsonl', 'b.jsonl', 'notes.txt']);
    });

    it('sees that a file was changed', async () => {
      await source.write('changing/x', 'before');
      const before = await pin('changing/x');
      await source.write('changing/x', 'behind');
      expect(await pin('changing/x')).not.toEqual(before);
    });

    it.each([
      ['missing.jsonl', /missing\.jsonl/u],
      ['*.parquet', /no (?:file|object) directly in .* matches; end the uri with "\/"/u],
      ['nowhere/', /does not exist|no object lies below/u],
    ])('names the uri where %s matches nothing', async (path, message) => {
      await expect(pin(path)).rejects.toMatchObject({
        failure: 'MissingInput',
        message: expect.stringMatching(message),
        details: { uri: `${source.rootUri}${path}` },
      });
    });

    it('refuses a star in a folder', async () => {
      await expect(pin('*/c.jsonl')).rejects.toMatchObject({ failure: 'InvalidSpec' });
    });
  });
}

export function specOf(uri: string): SourceSpec {
  return { uri, format: 'jsonl', fields: { text: 'text' } };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
