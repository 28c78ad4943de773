import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** One AES-256 key; its id stands beside everything it encrypted. */
export interface PayloadKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The first key encrypts, every key decrypts; empty: payloads are written as they are. */
export type PayloadKeys = readonly PayloadKey[];

export const keyVariables = { keys: 'WINDLASS_PAYLOAD_KEYS', file: 'WINDLASS_PAYLOAD_KEYS_FILE' } as const;

/** Wrong keys, or none for a payload; the message says what to do and never holds a key. */
export class PayloadKeyError extends Error {
  override readonly name = 'PayloadKeyError';
}

const keyBytes = 32;
const idPattern = /^[\w.-]{1,64}$/u;
const example = '2026-11:<output of "openssl rand -base64 32">';

/**
 * Keys of the environment: `WINDLASS_PAYLOAD_KEYS_FILE` names a file with one `id:base64` a line (`#` begins a comment), or
 * `WINDLASS_PAYLOAD_KEYS` holds them, separated by commas. Neither is set: no keys.
 * @throws PayloadKeyError naming the variable, the entry and what is allowed
 */
export function readPayloadKeys(environment: Readonly<Record<string, string | undefined>>): PayloadKeys {
  const inline = nonEmpty(environment[keyVariables.keys]);
  const file = nonEmpty(environment[keyVariables.file]);
  if (inline !== undefined && file !== undefined) {
    throw new PayloadKeyError(`${keyVariables.keys} and ${keyVariables.file} are both set: keep one of them`);
  }
  if (file !== undefined) return parseKeys(readKeyFile(file), `${keyVariables.file} (${file})`);
  return inline === undefined ? [] : parseKeys(inline, keyVariables.keys);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

function readKeyFile(path: string): string {
  if (!isAbsolute(path)) throw new PayloadKeyError(`${keyVariables.file} names ${path}; expected an absolute path`);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PayloadKeyError(`${keyVariables.file} names ${path}, which cannot be read`, { cause });
  }
}

function parseKeys(text: string, from: string): PayloadKeys {
  const entries = text
    .split(/[\n,]/u)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !entry.startsWith('#'));
  if (entries.length === 0) throw new PayloadKeyError(`${from} holds no key; expected a line such as ${example}`);
  const keys = entries.map((entry, index) => parseKey(entry, `${from}, key ${index + 1}`));
  const repeated = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (repeated === undefined) return keys;
  throw new PayloadKeyError(`${from} holds two keys with the id "${repeated.id}": each key needs an id of its own`);
}

function parseKey(entry: string, where: string): PayloadKey {
  const cut = entry.indexOf(':');
  const id = entry.slice(0, Math.max(cut, 0)).trim();
  if (!idPattern.test(id)) {
    throw new PayloadKeyError(
      `${where} has no id of letters, digits, ".", "_", "-" before a colon; expected ${example}`,
    );
  }
  const bytes = Buffer.from(entry.slice(cut + 1), 'base64');
  if (bytes.length === keyBytes) return { id, key: createSecretKey(bytes) };
  throw new PayloadKeyError(`${where} ("${id}") has ${bytes.length} bytes in base64; expected ${keyBytes}: ${example}`);
}
