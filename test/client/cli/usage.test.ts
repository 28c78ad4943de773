import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { runCli } from '../../../src/client/cli/run-cli.ts';
import { repositoryFile } from '../../adapters/platform/test-platform.ts';
import type { Printed } from './printed.ts';
import { capturePrinted } from './printed.ts';

let printed: Printed;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-cli-'));
  printed = capturePrinted();
  vi.stubEnv('WINDLASS_HOME', join(folder, 'home'));
  vi.stubEnv('TEMPORAL_ADDRESS', '');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function windlass(...args: readonly string[]): Promise<number | null> {
  return runCli(['node', 'windlass', ...args]);
}

describe('the command line', () => {
  test.each([
    [['nope'], 2, "unknown command 'nope'"],
    [['run'], 2, "missing required argument 'input'"],
    [['run', 'missing.json'], 2, 'cannot read the run input missing.json'],
    [['status', 'g-1', '--wach'], 2, "unknown option '--wach'"],
    [['deploy', '--target', 't', '--model', 'm', '--version', '0'], 2, 'It must be a whole number from 1'],
    [['rollback', '--target', 't', '--model', 'm', '--to', 'last'], 2, 'It must be a whole number from 1'],
    [['ask', 'hello', '--target', 't', '--model', 'm', '--temperature', 'hot'], 2, 'It must be a number from 0 to 5'],
    [['logs', 'g-1', 'tarin'], 2, '"tarin" is no stage'],
    [['ask', 'hello', '--target', 't'], 2, "required option '--model <name>' not specified"],
    [['retry', 'g-1'], 2, "required option '--stage <stage>' not specified"],
    [
      ['retry', 'g-1', '--stage', 'deploy'],
      2,
      'It must be one of prepare-data, train, convert, build-engine, evaluate',
    ],
    [['retry', 'g-1', '--stage', 'train', '--set', 'steps'], 2, 'It must be <path>=<value>'],
    [['fork', 'g-1'], 2, "required option '--from <stage>' not specified"],
    [['fork', 'g-1', '--from', 'publish'], 2, 'It must be one of prepare-data, train,'],
    [['compare', 'g-1'], 2, "missing required argument 'runs'"],
    [['gc', '--older-than', 'yesterday'], 2, 'It must be a time from 60s such as 90m, 24h or 7d'],
    [['gc', '--older-than', '30s'], 2, 'It must be a time from 60s such as 90m, 24h or 7d'],
    [['gc', '--yes', '--dry-run'], 2, '--yes and --dry-run exclude each other'],
    [['jobs', 'reap', '--yes', '--dry-run'], 2, '--yes and --dry-run exclude each other'],
    [['models', 'import', './nothing', '--name', 'n'], 2, 'there is no file or directory'],
    [['ask', 'hello', '--target', 't', '--model', 'm'], 3, 'the platform is not known'],
    [['artifacts', 'ls'], 3, 'the platform is not known'],
    [['status', 'g-1'], 3, 'no Temporal address'],
  ])('ends %j with status %d', async (args, status, message) => {
    expect(await windlass(...args)).toBe(status);
    expect(printed.stderr).toContain(message);
    expect(printed.stdout).toBe('');
  });

  test('prints the failure as JSON where JSON was asked for', async () => {
    expect(await windlass('status', 'g-1', '--json')).toBe(3);
    expect(JSON.parse(printed.stdout)).toMatchObject({ failure: { name: 'ServerUnreachable' } });
  });

  test('lists its commands', async () => {
    expect(await windlass('--help')).toBe(0);
    const commands = [
      'up',
      'down',
      'doctor',
      'run',
      'status',
      'logs',
      'approve',
      'reject',
      'retry',
      'fork',
      'cancel',
      'releases',
    ];
    for (const command of [...commands, 'deploy', 'rollback', 'ask', 'compare', 'models', 'artifacts', 'gc']) {
      expect(printed.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
  });

  test('is a program of its own', () => {
    expect(readFileSync(repositoryFile('src/client/cli/main.ts'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
