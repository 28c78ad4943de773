import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

test.each(['pipeline', 'jobs', 'serving'])('a %s worker that cannot begin says why and ends at once', (name) => {
  const main = fileURLToPath(new URL(`../../src/workers/${name}-worker.ts`, import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [main], {
    env: { ...process.env, WINDLASS_PLATFORM: '/nowhere/platform.json' },
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    worker: name,
    msg: 'worker failed',
    err: {
      message: expect.stringContaining(
        'WINDLASS_PLATFORM names /nowhere/platform.json, which cannot be read',
      ) as unknown,
    },
  });
});
