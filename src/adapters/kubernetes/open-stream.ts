import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { Metrics } from '../../ports/metrics.ts';
import type { ApiServer } from './api-server.ts';
import { requestHeaders } from './api-server.ts';
import { refusalToAdapterError } from './to-adapter-error.ts';

export interface StreamRequest {
  /** With the query, after the server's URL. */
  readonly path: string;
  /** For messages. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * A GET whose answer comes bit by bit, on a connection of its own: one that has gone silent is left behind with it. It keeps no process
 * alive. @throws AdapterError what the server says instead; Error of the socket, or of the signal
 */
export type OpenStream = (request: StreamRequest) => Promise<http.IncomingMessage>;

export function createOpenStream(server: ApiServer, metrics: Metrics): OpenStream {
  const { url, tls } = server;
  const count = (code: string): void => metrics.count('windlass_kubernetes_requests_total', { method: 'GET', code });
  const send = url.startsWith('https:') ? https.request : http.request;
  return async ({ path, name, signal }) => {
    const headers = await requestHeaders(server);
    const request = send(`${url}${path}`, { ...tls, agent: false, headers, signal });
    request.once('socket', (socket) => socket.unref());
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject).end();
    }).catch((error: unknown) => {
      if (!signal.aborted) count('none');
      throw error;
    });
    // Whoever reads it hears of it; without a listener of our own it would end the process in between.
    response.on('error', () => {});
    const status = response.statusCode ?? 0;
    count(String(status));
    if (status === 200) return response;
    throw refusalToAdapterError({ request: name, status, body: await text(response) });
  };
}
