import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('bench:watch follows jobs by a watch and by polls, and loses none', async () => {
  const argv = ['bench/watch.ts', '--json', '--jobs', '3', '--kubeconfig', inject('kubeconfig')];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, timeout: 900_000 });
  const figures = { lost: 0, requests: expect.any(Number) as number, connections: expect.any(Number) as number };
  expect(JSON.parse(stdout)).toMatchObject({ jobs: 3, watch: figures, poll: figures });
});
