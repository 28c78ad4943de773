import { describe, expect, it } from 'vitest';
import { isVisiblePath, parseSourcePattern } from '../../src/contracts/source-pattern.ts';

describe('source patterns', () => {
  it('take a trailing slash as everything below', () => {
    expect(parseSourcePattern('/data/raw/')).toEqual({ kind: 'tree', folder: '/data/raw/' });
    expect(parseSourcePattern('')).toEqual({ kind: 'tree', folder: '' });
  });

  it('take a path without a star as it is', () => {
    expect(parseSourcePattern('/data/rows.csv')).toEqual({ kind: 'exact', path: '/data/rows.csv' });
  });

  it.each([
    ['*.jsonl', ['a.jsonl', '.hidden.jsonl', 'a.jsonl.gz', 'ajsonl'], ['a.jsonl']],
    ['part-*-of-*.txt', ['part-1-of-2.txt', 'part-1.txt', 'part--of-.txt'], ['part-1-of-2.txt', 'part--of-.txt']],
    ['*', ['a', 'b.c', '.d'], ['a', 'b.c']],
    ['a+(b).*', ['a+(b).c', 'aab.c'], ['a+(b).c']],
  ])('match %s literally but for the star', (glob, names, expected) => {
    const pattern = parseSourcePattern(`/data/${glob}`);
    if (typeof pattern === 'string' || pattern.kind !== 'glob') throw new Error('a glob was expected');
    expect(pattern.folder).toBe('/data/');
    expect(names.filter(pattern.matches)).toEqual(expected);
  });

  it('say that a star in a folder is not understood', () => {
    expect(parseSourcePattern('/data/*/rows.csv')).toBe('"*" is understood in the last path segment only');
  });

  it('take no notice of dot-led names and of markers of empty folders', () => {
    const paths = ['a', 'b/c', '.d', 'e/.f', '.g/h', 'i/'];
    expect(paths.filter(isVisiblePath)).toEqual(['a', 'b/c']);
  });
});
