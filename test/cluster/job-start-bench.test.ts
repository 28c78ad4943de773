import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('bench:job-start starts the same Job in each way, kubectl only where it is installed', async () => {
  const argv = ['bench/job-start.ts', '--json', '--starts', '1', '--kubeconfig', inject('kubeconfig')];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 900_000 });
  const spread = { p50Ms: expect.any(Number) as number, maxMs: expect.any(Number) as number };
  const figures = { answered: spread, podCreated: spread, podScheduled: spread, containerRunning: spread };
  const found = JSON.parse(stdout) as Record<string, unknown>;
  expect(found).toMatchObject({ starts: 1, windlass: figures, post: figures });
  if (found['kubectlVersion'] !== null) expect(found).toMatchObject({ kubectl: figures, kubectlItself: spread });
});
