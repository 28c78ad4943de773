import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { AttributeType } from '../../src/stack/search-attributes.ts';
import { ensureSearchAttributes } from '../../src/stack/search-attributes.ts';
import { repositoryFile } from '../adapters/platform/test-platform.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-attributes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Waits until a server on this folder's database knows the attributes; gives the names of all that it knows. */
async function startWith(wanted: Readonly<Record<string, AttributeType>>): Promise<readonly string[]> {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: repositoryFile('.venv/bin/temporal') },
      dbFilename: join(folder, 'temporal.db'),
    },
  });
  try {
    while (!(await ensureSearchAttributes(environment.address, wanted))) await delay(50);
    const { operatorService } = environment.connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace: 'default' });
    return Object.keys(customAttributes).filter((name) => name.startsWith('Windlass'));
  } finally {
    await environment.teardown();
  }
}

test('a database of an earlier version learns the search attributes that are younger than it', async () => {
  expect(await startWith({ WindlassModel: 'Keyword' })).toEqual(['WindlassModel']);
  const known = await startWith({ WindlassModel: 'Keyword', WindlassPhase: 'Keyword', WindlassVersion: 'Int' });
  expect(known.toSorted()).toEqual(['WindlassModel', 'WindlassPhase', 'WindlassVersion']);
});

test('a server that does not answer knows nothing yet', async () => {
  expect(await ensureSearchAttributes('127.0.0.1:1', { WindlassModel: 'Keyword' })).toBe(false);
});
