import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createPayloadCodec } from '../../src/protocols/temporal/payload-codec.ts';
import { createCodecServer } from '../../src/stack/codec-server.ts';

const origin = 'http://127.0.0.1:8233';
const codec = createPayloadCodec([{ id: 'k', key: createSecretKey(randomBytes(32)) }]);
let server: Server;
let url: string;

beforeAll(async () => {
  server = createCodecServer({ codec, origins: [origin] }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** A payload as the Temporal UI sends it. */
async function encryptedJson(value: unknown): Promise<object> {
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  return asJson(payload ?? {});
}

function asJson({ metadata, data }: Awaited<ReturnType<typeof codec.encode>>[number]): object {
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
    data: base64(data),
  };
}

function base64(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}

/** What a browser asks before it lets a page of that origin ask. */
async function askFirst(from: string): Promise<Response> {
  const headers = { origin: from, 'access-control-request-headers': 'x-namespace' };
  return fetch(`${url}/decode`, { method: 'OPTIONS', headers });
}

async function post(path: string, body: unknown, from = origin): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-namespace': 'default', origin: from };
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('the codec server', () => {
  test('decrypts what the UI shows and encrypts what it sends', async () => {
    const decoded = await post('/decode', { payloads: [await encryptedJson({ prompt: 'lighthouse' })] });
    expect(decoded.headers.get('access-control-allow-origin')).toBe(origin);
    const answer = (await decoded.json()) as { payloads: { data: string }[] };
    expect(Buffer.from(answer.payloads[0]?.data ?? '', 'base64').toString()).toBe('{"prompt":"lighthouse"}');
    const encoded = await (await post('/encode', answer)).text();
    expect(encoded).not.toContain(answer.payloads[0]?.data);
    expect(await (await post('/decode', encoded)).json()).toEqual(answer);
  });

  test('answers the browser that asks first, for pages of the UI alone', async () => {
    const allowed = await askFirst(origin);
    expect([allowed.status, allowed.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization, content-type, x-namespace',
    ]);
    const refused = await askFirst('http://evil.example');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await post('/decode', { payloads: [] }, 'http://evil.example')).status).toBe(403);
  });

  test('says what is wrong with a request, and which key is missing', async () => {
    expect((await post('/decode', '{')).status).toBe(400);
    expect((await post('/decode', { payloads: [{ data: '*' }] })).status).toBe(400);
    expect((await post('/explode', { payloads: [] })).status).toBe(404);
    const other = createPayloadCodec([{ id: 'lost', key: createSecretKey(randomBytes(32)) }]);
    const [payload] = await other.encode([{ data: new Uint8Array(1) }]);
    const refused = await post('/decode', { payloads: [asJson(payload ?? {})] });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('encrypted with the key \\"lost\\"');
  });
});
