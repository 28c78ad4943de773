import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMarked } from '../../src/stack/process-marks.ts';
import type { StackHome } from '../../src/stack/stack-home.ts';
import { makeHome, removeHome, runStack } from './run-stack.ts';

describe('up that cannot succeed', () => {
  let home: StackHome;

  beforeEach(async () => {
    home = await makeHome();
  });

  afterEach(async () => {
    await removeHome(home);
  });

  it('names every wrong field of the platform file and starts nothing', async () => {
    const file = join(home.directory, 'windlass.yaml');
    writeFileSync(file, 'targets:\n  production:\n    approval:\n      requird: true\n');
    const result = await runStack(['up', '--home', home.directory, '--platform', file]);
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('targets.production.approval') });
    expect(existsSync(home.stateFile)).toBe(false);
  });

  it('says which platform file does not exist', async () => {
    const result = await runStack(['up', '--home', home.directory, '--platform', '/no/such/windlass.yaml']);
    expect(result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('/no/such/windlass.yaml does not exist'),
    });
  });

  it('shows the end of the log of a server that does not start, and leaves nothing running', async () => {
    writeFileSync(join(home.directory, 'mlflow'), 'a file where a directory belongs');
    const result = await runStack(['up', '--json', '--home', home.directory]);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/supervisor does not start.*EEXIST|ENOTDIR/s);
    expect(await findMarked(home.directory)).toEqual([]);
  });

  it('refuses an unknown command as wrong usage', async () => {
    expect((await runStack(['upp'])).status).toBe(2);
  });
});
