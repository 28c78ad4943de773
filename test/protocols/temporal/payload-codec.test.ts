import { createSecretKey, randomBytes } from 'node:crypto';

import type { Payload } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test } from 'vitest';

import { createPayloadCodec, isEncrypted } from '../../../src/protocols/temporal/payload-codec.ts';
import type { PayloadKey } from '../../../src/protocols/temporal/payload-keys.ts';
import { PayloadKeyError } from '../../../src/protocols/temporal/payload-keys.ts';

function keyNamed(id: string): PayloadKey {
  return { id, key: createSecretKey(randomBytes(32)) };
}

const october = keyNamed('2026-10');
const november = keyNamed('2026-11');
const plain = defaultPayloadConverter.toPayload({ prompt: 'Define the noun "lighthouse".' });

async function encrypted(key: PayloadKey): Promise<Payload> {
  const [payload] = await createPayloadCodec([key]).encode([plain]);
  if (payload === undefined) throw new Error('nothing was encoded');
  return payload;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof PayloadKeyError) return error.message;
  throw new Error(`no refusal: ${String(error)}`);
}

describe('the payload codec', () => {
  test('hides a payload whole, its own metadata too, and gives it back', async () => {
    const payload = await encrypted(november);
    expect(isEncrypted(payload)).toBe(true);
    expect(Buffer.from(payload.data ?? []).toString('latin1')).not.toMatch(/lighthouse|json/u);
    const [back] = await createPayloadCodec([november]).decode([payload]);
    expect(defaultPayloadConverter.fromPayload(back ?? {})).toEqual({ prompt: 'Define the noun "lighthouse".' });
  });

  test('never writes the same bytes twice', async () => {
    expect(await encrypted(november)).not.toEqual(await encrypted(november));
  });

  test('writes with the first key and reads with any: keys can be exchanged', async () => {
    const codec = createPayloadCodec([november, october]);
    const [now] = await codec.encode([plain]);
    expect(Buffer.from(now?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026-11');
    expect(await codec.decode([await encrypted(october), await encrypted(november)])).toHaveLength(2);
  });

  test('takes what is not encrypted as it is, and without keys writes it so', async () => {
    expect(await createPayloadCodec([november]).decode([plain])).toEqual([plain]);
    expect(await createPayloadCodec([]).encode([plain])).toEqual([plain]);
  });

  test('says which key is missing and where to add it', async () => {
    const payload = await encrypted(october);
    expect(await refusal(createPayloadCodec([november]).decode([payload]))).toBe(
      'a payload is encrypted with the key "2026-10", and only "2026-11" known: add that key to WINDLASS_PAYLOAD_KEYS_FILE (or WINDLASS_PAYLOAD_KEYS), behind the first one',
    );
    expect(await refusal(createPayloadCodec([]).decode([payload]))).toContain('no keys are configured');
  });

  test('does not open what another key of the same id, another id or another hand wrote', async () => {
    const payload = await encrypted(october);
    const other = createPayloadCodec([keyNamed('2026-10')]);
    expect(await refusal(other.decode([payload]))).toContain('the key "2026-10" does not open');
    const renamed = { ...payload, metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from('2026-11') } };
    const codec = createPayloadCodec([{ ...october, id: '2026-11' }]);
    expect(await refusal(codec.decode([renamed]))).toContain('does not open');
    const data = Buffer.from(payload.data ?? []);
    data[20] = (data[20] ?? 0) ^ 1;
    expect(await refusal(createPayloadCodec([october]).decode([{ ...payload, data }]))).toContain('damaged');
    expect(await refusal(createPayloadCodec([october]).decode([{ ...payload, data: new Uint8Array(3) }]))).toContain(
      'damaged',
    );
  });
});
