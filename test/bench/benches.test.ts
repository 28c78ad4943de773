import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const execute = promisify(execFile);
/** Servers of their own, on a machine that may be busy; a bench that is late is ended, and ends its servers, before its test is. */
const timeout = 300_000;
const benchTimeoutMs = 270_000;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** One run of each bench, so that none rots; the figures themselves are no test's business. */
async function bench(name: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await execute(process.execPath, [`bench/${name}.ts`, '--json', ...args], {
    cwd: root,
    timeout: benchTimeoutMs,
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('bench:overhead measures Windlass beside the bare SDK', { timeout }, async () => {
  const figures = await bench('overhead', '--concurrent', '1', '--repeat', '1', '--without-metaflow');
  expect(figures).toMatchObject({
    windlassMs: expect.any(Number),
    windlassInProcessMs: expect.any(Number),
    bareSdkMs: expect.any(Number),
    metaflowMs: null,
    goals: [{ limit: 2, ratio: expect.any(Number), isMet: expect.any(Boolean) }],
  });
});

test('bench:recovery loses no waiting run', { timeout }, async () => {
  expect(await bench('recovery', '--runs', '1')).toMatchObject({ runs: 1, lost: 0, allReleasedMs: expect.any(Number) });
});

test('bench:load starts each job once', { timeout }, async () => {
  const figures = await bench('load', '--runs', '1', '--kills', '1');
  expect(figures).toMatchObject({ runs: 1, jobsStarted: 5, jobsExpected: 5, mostJobsAtOnce: 1, lost: 0 });
});
