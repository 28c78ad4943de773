import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ensureJobDirectory, jobPaths } from '../../../src/adapters/process/job-directory.ts';
import { buildJobDocument } from '../job-runner.contract.ts';

it('is made whole by callers that race, none of whom stumbles over the draft of another', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'windlass-job-directories-'));
  try {
    const documents = Array.from({ length: 60 }, () => buildJobDocument(root, {}));
    for (const document of documents) {
      const ensure = (): Promise<void> => ensureJobDirectory(jobPaths(root, document.jobName), document);
      await Promise.all(Array.from({ length: 20 }, ensure));
    }
    expect((await readdir(root)).toSorted()).toEqual(documents.map(({ jobName }) => jobName).toSorted());
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
