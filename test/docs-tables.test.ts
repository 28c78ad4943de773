import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { readBrokenCorpora, readWrongSpecs } from '../scripts/bad-input-fixtures.ts';
import { badInputPage } from '../scripts/bad-input-table.ts';
import { failures } from '../src/contracts/failures.ts';
import { exitCodeFailures } from '../src/contracts/job.ts';
import { metricTable } from '../src/ports/metrics.ts';

const repository = fileURLToPath(new URL('../', import.meta.url));
const read = (name: string): string => readFileSync(join(repository, name), 'utf8');

test('the page of wrong inputs is current, with at least 30 inputs and 10 corpora', () => {
  const [specs, corpora] = [readWrongSpecs(), readBrokenCorpora()];
  expect(read('docs/bad-input.md')).toBe(badInputPage(specs, corpora));
  expect(specs.length).toBeGreaterThanOrEqual(30);
  expect(corpora.length).toBeGreaterThanOrEqual(10);
});

describe('the page of failures', () => {
  const page = read('docs/failures.md');

  test('has every failure with its class, and no others', () => {
    const rows = [...page.matchAll(/^\| `([A-Za-z]+)` \| (permanent|transient|resource) \|/gm)];
    const classes = Object.entries(failures).map(([name, row]) => [name, row.class]);
    expect(rows.map(([, name, kind]) => [name, kind])).toEqual(expect.arrayContaining(classes));
    expect(rows).toHaveLength(classes.length);
  });

  test.each(Object.entries(exitCodeFailures))('names exit code %s as %s', (code, name) => {
    expect(page).toMatch(new RegExp(`^\\| ${code}[^|]*\\|[^|]*\`${name}\``, 'm'));
  });
});

describe('the page of operating', () => {
  const page = read('docs/operating.md');

  test('has every metric with its type and labels, and no others', () => {
    const rows = [...page.matchAll(/^\| `(windlass_\w+)` \| (\w+) \| ([^|]*)\|/gm)];
    const told = rows.map(([, name, type, labels = '']) => [name, type, labels.match(/\w+/g) ?? []]);
    expect(told).toEqual(Object.entries(metricTable).map(([name, { type, labels }]) => [name, type, labels]));
  });

  test('alerts on metrics that there are, by labels that they have', () => {
    const [, text = ''] = /^```yaml\n(groups:[\s\S]*?)^```/m.exec(page) ?? [];
    const { groups } = parse(text) as { groups: [{ rules: readonly { readonly expr: string }[] }] };
    expect(groups[0].rules).toHaveLength(3);
    const table: Readonly<Record<string, { readonly labels: readonly string[] }>> = metricTable;
    for (const { expr } of groups[0].rules) {
      const [, name = '', matchers = ''] = /(windlass_\w+)(?:\{([^}]*)\})?/.exec(expr) ?? [];
      const asked = [...matchers.matchAll(/(\w+)[!=]/g), ...expr.matchAll(/by \((\w+)\)/g)].map(([, label]) => label);
      expect(table[name]?.labels).toEqual(expect.arrayContaining(asked));
    }
  });
});
