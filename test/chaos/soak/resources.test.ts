import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { diskBytes } from './resources.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-resources-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('counts the blocks of every file below', () => {
  mkdirSync(join(folder, 'one', 'two'), { recursive: true });
  writeFileSync(join(folder, 'one', 'two', 'file'), Buffer.alloc(8192, 1));
  writeFileSync(join(folder, 'file'), Buffer.alloc(4096, 1));
  expect(diskBytes(folder)).toBe(12_288);
  expect(diskBytes(join(folder, 'none'))).toBe(0);
});

test('bears that jobs make and remove their scratch meanwhile', async () => {
  const churn = new Worker(
    `const { mkdirSync, rmSync } = require('node:fs');
     for (let job = 0; job < 4000; job += 1) {
       mkdirSync(${JSON.stringify(folder)} + '/job-' + job % 20 + '/scratch/deep', { recursive: true });
       rmSync(${JSON.stringify(folder)} + '/job-' + (job + 10) % 20, { recursive: true, force: true });
     }`,
    { eval: true },
  );
  // -1 once it has ended.
  while (churn.threadId >= 0) {
    expect(diskBytes(folder)).toBe(0);
    await setImmediate();
  }
});
