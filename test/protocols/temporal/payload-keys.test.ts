import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { PayloadKeyError, readPayloadKeys } from '../../../src/protocols/temporal/payload-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'windlass-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = randomBytes(32).toString('base64');

function fileWith(text: string): string {
  const path = join(folder, 'keys');
  writeFileSync(path, text);
  return path;
}

function messageOf(environment: Record<string, string>): string {
  try {
    readPayloadKeys(environment);
    return 'accepted';
  } catch (error) {
    if (error instanceof PayloadKeyError) return error.message;
    throw error;
  }
}

describe('payload keys', () => {
  test('are none where nothing is set', () => {
    expect(readPayloadKeys({})).toEqual([]);
    expect(readPayloadKeys({ WINDLASS_PAYLOAD_KEYS: ' ', WINDLASS_PAYLOAD_KEYS_FILE: '' })).toEqual([]);
  });

  test('come from a file, one a line, the current one first', () => {
    const path = fileWith(`# made in November\n2026-11:${secret}\n\n2026-10:${secret}\n`);
    const keys = readPayloadKeys({ WINDLASS_PAYLOAD_KEYS_FILE: path });
    expect(keys.map(({ id }) => id)).toEqual(['2026-11', '2026-10']);
    expect(keys[0]?.key.symmetricKeySize).toBe(32);
  });

  test('come from the environment, separated by commas', () => {
    const keys = readPayloadKeys({ WINDLASS_PAYLOAD_KEYS: `b:${secret}, a:${secret}` });
    expect(keys.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test.each([
    ['both are set', { WINDLASS_PAYLOAD_KEYS: 'a', WINDLASS_PAYLOAD_KEYS_FILE: 'b' }, /both set: keep one/u],
    [
      'the file is missing',
      { WINDLASS_PAYLOAD_KEYS_FILE: '/nowhere/keys' },
      /names \/nowhere\/keys, which cannot be read/u,
    ],
    ['there is no id', { WINDLASS_PAYLOAD_KEYS: secret }, /WINDLASS_PAYLOAD_KEYS, key 1 has no id/u],
    [
      'a key is too short',
      { WINDLASS_PAYLOAD_KEYS: `a:${secret},b:c2hvcnQ=` },
      /key 2 \("b"\) has 5 bytes in base64; expected 32/u,
    ],
    ['an id is there twice', { WINDLASS_PAYLOAD_KEYS: `a:${secret},a:${secret}` }, /two keys with the id "a"/u],
  ])('are refused where %s, without a word of the key', (_case, environment, message) => {
    expect(messageOf(environment)).toMatch(message);
    expect(messageOf(environment)).not.toContain(secret);
  });

  test('are refused where the file holds none', () => {
    const path = fileWith('# nothing yet\n');
    expect(messageOf({ WINDLASS_PAYLOAD_KEYS_FILE: path })).toBe(
      `WINDLASS_PAYLOAD_KEYS_FILE (${path}) holds no key; expected a line such as 2026-11:<output of "openssl rand -base64 32">`,
    );
  });
});
