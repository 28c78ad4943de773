import http from 'node:http';
import https from 'node:https';
import type { ApiServer } from './api-server.ts';

export interface StreamRequest {
  /** With the query, after the server's URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * A GET whose answer comes bit by bit, on a connection of its own: one that has gone silent is left behind with it. It keeps no process
 * alive. @throws Error of the socket, or of the signal
 */
export type OpenStream = (request: StreamRequest) => Promise<http.IncomingMessage>;

export function createOpenStream({ url, tls }: ApiServer): OpenStream {
  const send = url.startsWith('https:') ? https.request : http.request;
  return async ({ path, headers, signal }) => {
    const request = send(`${url}${path}`, { ...tls, agent: false, headers, signal });
    request.once('socket', (socket) => socket.unref());
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject).end();
    });
    // Whoever reads it hears of it; without a listener of our own it would end the process in between.
    return response.on('error', () => {});
  };
}
