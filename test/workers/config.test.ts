import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { readWorkerConfig } from '../../src/workers/config.ts';
import { unservedPlatform } from '../fakes/platforms.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function environmentWith(text: string): NodeJS.ProcessEnv {
  const file = join(folder, 'platform.json');
  writeFileSync(file, text);
  return { WINDLASS_PLATFORM: file };
}

describe('the configuration of a worker', () => {
  test('is the platform document that its environment names', () => {
    const environment = environmentWith(JSON.stringify(unservedPlatform()));
    expect(readWorkerConfig(environment)).toEqual({
      platform: unservedPlatform(),
      payloadKeys: [],
      metricsAddress: null,
      version: null,
      environment,
      shutdownGraceTime: '10s',
    });
  });

  test.each(['127.0.0.1:9464', '[::1]:9464', '0.0.0.0:1'])('offers metrics at %s', (address) => {
    const environment = environmentWith(JSON.stringify(unservedPlatform()));
    expect(readWorkerConfig({ ...environment, WINDLASS_METRICS_ADDRESS: address }).metricsAddress).toBe(address);
  });

  test.each(['9464', 'localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:99999', '::1:9464'])(
    'refuses %s as the address of metrics, and says what one is',
    (address) => {
      const environment = environmentWith(JSON.stringify(unservedPlatform()));
      const read = (): unknown => readWorkerConfig({ ...environment, WINDLASS_METRICS_ADDRESS: address });
      expect(read).toThrow(`WINDLASS_METRICS_ADDRESS is "${address}": an IP address and a port`);
    },
  );

  test.each([
    ['is missing', {}, /^WINDLASS_PLATFORM is not set/u],
    ['is empty', { WINDLASS_PLATFORM: '' }, /^WINDLASS_PLATFORM is not set/u],
    [
      'names no file',
      { WINDLASS_PLATFORM: '/nowhere/p.json' },
      /^WINDLASS_PLATFORM names \/nowhere\/p\.json, which cannot/u,
    ],
  ])('names the variable where it %s', (_name, environment, message) => {
    expect(() => readWorkerConfig(environment)).toThrow(message);
  });

  test.each([
    ['no JSON', '{', /platform\.json is no JSON/u],
    ['a field of another type', JSON.stringify({ ...unservedPlatform(), store: { uri: 7 } }), /store\.uri: found 7/u],
    ['an unknown field', JSON.stringify({ ...unservedPlatform(), mlfow: {} }), /mlfow/u],
    [
      'a field too few',
      JSON.stringify({ ...unservedPlatform(), temporal: { address: 'a', uiUrl: null } }),
      /temporal\.namespace/u,
    ],
  ])('names the field where the document has %s', (_name, text, message) => {
    expect(() => readWorkerConfig(environmentWith(text))).toThrow(message);
  });
});
