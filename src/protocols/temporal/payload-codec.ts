import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

import type { PayloadKey, PayloadKeys } from './payload-keys.ts';
import { keyVariables, PayloadKeyError } from './payload-keys.ts';

/** As in Temporal's own encryption samples: metadata `encoding` and `encryption-key-id`; data = nonce, ciphertext of the whole payload, tag. */
const encrypted = 'binary/encrypted';
const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Encrypts each payload with AES-256-GCM under the first key; decrypts with the key that a payload names. A payload that is not
 * encrypted is taken as it is, so encryption can be switched on (and keys exchanged) while runs are open.
 * @throws PayloadKeyError where a payload's key is missing or another
 */
export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  const [current] = keys;
  return {
    encode: async (payloads) =>
      current === undefined ? payloads : payloads.map((payload) => encrypt(payload, current)),
    decode: async (payloads) => payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys) : payload)),
  };
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.['encoding']) === encrypted;
}

function encrypt(payload: Payload, { id, key }: PayloadKey): Payload {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(bytesOf(id));
  const data = Buffer.concat([
    nonce,
    cipher.update(PayloadMessage.encode(payload).finish()),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return { metadata: { encoding: bytesOf(encrypted), 'encryption-key-id': bytesOf(id) }, data };
}

function decrypt(payload: Payload, keys: PayloadKeys): Payload {
  const id = textOf(payload.metadata?.['encryption-key-id']);
  const known = keys.find((entry) => entry.id === id);
  if (known === undefined) throw missingKey(id, keys);
  const data = payload.data ?? new Uint8Array();
  try {
    const decipher = createDecipheriv(algorithm, known.key, data.subarray(0, nonceBytes));
    decipher.setAAD(bytesOf(id));
    decipher.setAuthTag(data.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return PayloadMessage.decode(plain);
  } catch (cause) {
    throw new PayloadKeyError(
      `the key "${id}" does not open a payload that names it: it is another key than the one that encrypted, or the payload is damaged; put the right key under this id in ${keyVariables.file} (or ${keyVariables.keys})`,
      { cause },
    );
  }
}

function missingKey(id: string, keys: PayloadKeys): PayloadKeyError {
  const has =
    keys.length === 0 ? 'no keys are configured' : `only ${keys.map((key) => `"${key.id}"`).join(', ')} known`;
  return new PayloadKeyError(
    `a payload is encrypted with the key "${id}", and ${has}: add that key to ${keyVariables.file} (or ${keyVariables.keys}), behind the first one`,
  );
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
