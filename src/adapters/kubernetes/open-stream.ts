import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
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

export function createOpenStream(server: ApiServer): OpenStream {
  const { url, tls } = server;
  const send = url.startsWith('https:') ? https.request : http.request;
  return async ({ path, name, signal }) => {
    const headers = await requestHeaders(server);
    const request = send(`${url}${path}`, { ...tls, agent: false, headers, signal });
    request.once('socket', (socket) => socket.unref());
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject).end();
    });
    // Whoever reads it hears of it; without a listener of our own it would end the process in between.
    response.on('error', () => {});
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    throw refusalToAdapterError({ request: name, status, body: await text(response) });
  };
}
