import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ApiServer } from '../../src/adapters/kubernetes/api-server.ts';

/** What went through to the API server. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: URL;
  /** Null: it got no answer. */
  status: number | null;
  /** What came of a watch, as far as it is small. */
  text: string;
}

/** Stands between a client and the API server, so that a test sees what is asked, and can cut it off. */
export interface RecordingProxy {
  readonly server: ApiServer;
  readonly requests: RecordedRequest[];
  readonly connections: () => number;
  /** From now on connections break. */
  cut(): void;
  mend(): void;
  close(): void;
}

const maxTextChars = 2_000;
/** As the API server keeps connections on which nothing is asked. */
const keepAliveMs = 180_000;

export async function startRecordingProxy(server: ApiServer): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const agent = new https.Agent({ keepAlive: true, ...server.tls });
  let connections = 0;
  let isCut = false;
  const proxy = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://api');
    const record: RecordedRequest = { method: request.method ?? '', url, status: null, text: '' };
    requests.push(record);
    pass(request, response, { record, target: `${server.url}${request.url ?? ''}`, agent });
  });
  proxy.on('connection', (socket) => {
    connections += 1;
    if (isCut) socket.destroy();
  });
  proxy.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  return {
    server: { ...server, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` },
    requests,
    connections: () => connections,
    cut: () => {
      isCut = true;
      proxy.closeAllConnections();
    },
    mend: () => void (isCut = false),
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
      agent.destroy();
    },
  };
}

interface Passage {
  readonly record: RecordedRequest;
  readonly target: string;
  readonly agent: https.Agent;
}

function pass(request: IncomingMessage, response: ServerResponse, { record, target, agent }: Passage): void {
  const { host: _ours, connection: _kept, ...headers } = request.headers;
  const onward = https.request(target, { method: request.method, headers, agent });
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    record.status = answer.statusCode ?? 0;
    response.writeHead(record.status, answer.headers);
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.on('data', (piece: Buffer) => {
      if (record.text.length < maxTextChars) record.text += piece.toString();
    });
    answer.pipe(response);
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
