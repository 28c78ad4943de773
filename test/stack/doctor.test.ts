import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StackHome } from '../../src/stack/stack-home.ts';
import { makeHome, removeHome, runStack } from './run-stack.ts';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly found: string;
    readonly advice: string;
  }[];
}

describe('doctor', () => {
  let home: StackHome;

  beforeEach(async () => {
    home = await makeHome();
  });

  afterEach(async () => {
    await removeHome(home);
  });

  async function report(environment: Readonly<Record<string, string>>): Promise<Report> {
    const result = await runStack(['doctor', '--json', '--home', home.directory], environment);
    return JSON.parse(result.stdout) as Report;
  }

  it('says how to get a Python where there is none, and fails', async () => {
    const environment = { PATH: '', WINDLASS_PYTHON: join(home.directory, 'no-python') };
    const result = await runStack(['doctor', '--home', home.directory], environment);
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(
      /✖ python +no Python 3\.11 or 3\.12 found\n +→ install Python 3\.11 or 3\.12 with venv/,
    );
  });

  it('reports every part of the machine and of the stack', async () => {
    const { checks } = await report({});
    const machine = ['system', 'glibc', 'node', 'cpu', 'memory', 'disk', 'python', 'node_modules', '.venv', 'dist'];
    const programs = ['program temporal', 'program mlflow', 'program tritonserver', 'libpython'];
    const parts = [...machine, ...programs, 'ports', 'stack', 'leftovers'];
    expect(checks.map((check) => check.name)).toEqual(parts);
    const unadvised = checks.filter((check) => check.status !== 'ok' && check.advice === '');
    expect(unadvised).toEqual([]);
  });

  it('takes a half-written state file for a crash that the next up repairs', async () => {
    writeFileSync(home.stateFile, '{"schema":"windlass.st');
    const { checks } = await report({});
    expect(checks.find((check) => check.name === 'stack')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('not running'),
    });
  });
});
