import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { findHome, findServer, readPlatform } from '../../src/client/stack-home.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windlass-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeHome(name: string, address: string): string {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const state = { schema: 'windlass.stack/v1', endpoints: { temporalAddress: address } };
  writeFileSync(join(home, 'state.json'), JSON.stringify(state));
  return home;
}

describe('the home directory', () => {
  test('is the nearest .windlass upwards', () => {
    const home = makeHome('.windlass', '127.0.0.1:1');
    const deep = join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    expect(findHome({ cwd: deep, env: {} })).toBe(home);
  });

  test('is named by WINDLASS_HOME, and the option wins over it', () => {
    const env = { WINDLASS_HOME: '/somewhere' };
    expect(findHome({ cwd: folder, env })).toBe('/somewhere');
    expect(findHome({ cwd: folder, env, home: 'here' })).toBe(join(folder, 'here'));
  });
});

describe('the address of Temporal', () => {
  test('comes from the option, then TEMPORAL_ADDRESS, then the running stack', () => {
    makeHome('.windlass', '127.0.0.1:1');
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:2', TEMPORAL_NAMESPACE: 'team' };
    expect(findServer({ cwd: folder, env, address: '127.0.0.1:3' })).toEqual({
      address: '127.0.0.1:3',
      namespace: 'team',
    });
    expect(findServer({ cwd: folder, env })).toEqual({ address: '127.0.0.1:2', namespace: 'team' });
    expect(findServer({ cwd: folder, env: {} })).toEqual({ address: '127.0.0.1:1', namespace: 'default' });
  });

  test('is unknown, and says why, when nothing names it', () => {
    const home = join(folder, 'empty');
    expect(() => findServer({ home, env: {} })).toThrow(`${home} holds no running stack`);
  });

  test('is not taken from a torn state file', () => {
    const home = makeHome('torn', '127.0.0.1:1');
    writeFileSync(join(home, 'state.json'), '{"schema":"windla');
    expect(() => findServer({ home, env: {} })).toThrow(expect.objectContaining({ failure: 'ServerUnreachable' }));
  });
});

test('a platform that was never written is a server that cannot be reached', () => {
  const home = makeHome('.windlass', '127.0.0.1:1');
  expect(() => readPlatform({ home })).toThrow(expect.objectContaining({ failure: 'ServerUnreachable' }));
});
