import http from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { ApiServer } from './api-server.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query, after the server's URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request, one whole answer. @throws Error of the socket, or of the deadline. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;

const maxConnections = 16;

/** Connections are kept and shared: a request of its own connection each would cost a TLS handshake. */
export function createExchange({ url, tls }: ApiServer): Exchange {
  const isTls = url.startsWith('https:');
  const pool = { keepAlive: true, maxSockets: maxConnections };
  const agent = isTls ? new https.Agent({ ...pool, ...tls }) : new http.Agent(pool);
  const send = isTls ? https.request : http.request;
  return async ({ method, path, headers, body, timeoutMs }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(`${url}${path}`, { method, headers: { ...headers, ...sizeOf(body) }, agent, signal });
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject).end(body);
    });
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  };
}

/** Node sends a DELETE without its body unless the size is told. */
function sizeOf(body: string | undefined): http.OutgoingHttpHeaders {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
}
