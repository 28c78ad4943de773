import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { buildJobDocument } from '../job-runner.contract.ts';

const script = fileURLToPath(new URL('../../fixtures/jobs/make-job-directories.ts', import.meta.url));
/** Until all processes have begun. */
const headStartMs = 2_000;

it('is made whole by processes that race, none of which stumbles over the draft of another', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'windlass-job-directories-'));
  try {
    const documents = Array.from({ length: 100 }, () => buildJobDocument(root, {}));
    const race = JSON.stringify({ root, documents, beginMs: Date.now() + headStartMs });
    await Promise.all(Array.from({ length: 3 }, () => promisify(execFile)(process.execPath, [script, race])));
    expect((await readdir(root)).toSorted()).toEqual(documents.map(({ jobName }) => jobName).toSorted());
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
