import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';

import { PayloadKeyError } from '../protocols/temporal/payload-keys.ts';

/** Payloads as JSON: bytes in base64. */
const payloadsSchema = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') })),
});

const maxBodyBytes = 16 * 1024 * 1024;

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  /** Pages of these origins may read answers; every other page of a browser may not. */
  readonly origins: readonly string[];
}

/**
 * What the Temporal UI asks to show encrypted payloads: `POST /decode` and `/encode` with `{"payloads":[…]}`.
 * Protocol: https://docs.temporal.io/production-deployment/data-encryption
 */
export function createCodecServer(options: CodecServerOptions): Server {
  return createServer((request, response) => {
    void answer(request, response, options).catch((error: unknown) => refuse(response, error));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { codec, origins }: CodecServerOptions,
): Promise<void> {
  const { origin } = request.headers;
  if (origin !== undefined && !origins.includes(origin)) return end(response, 403, { message: 'unknown origin' });
  if (origin !== undefined) allowOrigin(response, origin);
  if (request.method === 'OPTIONS') return end(response, 204);
  if (request.method === 'GET' && request.url === '/health') return end(response, 200, {});
  const work = request.method === 'POST' ? workIn(request.url) : null;
  if (work === null) return end(response, 404, { message: 'only POST /decode and POST /encode are answered' });
  const payloads = await codec[work](payloadsFrom(await bodyOf(request)));
  end(response, 200, { payloads: payloads.map(toJson) });
}

function workIn(url: string | undefined): keyof PayloadCodec | null {
  const { pathname } = new URL(url ?? '/', 'http://codec');
  if (pathname === '/decode') return 'decode';
  return pathname === '/encode' ? 'encode' : null;
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
  response.setHeader('access-control-allow-headers', 'authorization, content-type, x-namespace');
  response.setHeader('vary', 'origin');
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new RangeError(`a request of more than ${maxBodyBytes} bytes is not read`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function payloadsFrom(body: string): Payload[] {
  const { payloads } = payloadsSchema.parse(JSON.parse(body));
  return payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data, 'base64'),
  }));
}

function toJson({ metadata, data }: Payload): object {
  const names = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(names) as object, data: base64(data) };
}

function base64(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}

function refuse(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  end(response, error instanceof PayloadKeyError ? 422 : 400, { message });
}

function end(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
