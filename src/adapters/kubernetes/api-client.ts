import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../../ports/metrics.ts';
import { unmeasured } from '../../ports/metrics.ts';
import type { ApiServer } from './api-server.ts';
import { requestHeaders } from './api-server.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { createExchange } from './exchange.ts';
import { refusalToAdapterError, toAdapterError } from './to-adapter-error.ts';

export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** Below the server, such as `/apis/batch/v1/namespaces/jobs/jobs`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly body: Buffer;
  /** The server's clock, to the second; ours where it does not tell. */
  readonly serverMs: number;
}

/**
 * One call of the Kubernetes API with a deadline. What the server could not do just then, and what got no answer, is tried again: every
 * call that we make may be repeated.
 * @throws AdapterError `Unavailable`, `AccessDenied`, `NotFound`, `Conflict`, `InvalidConfig`
 */
export type ApiClient = (request: ApiRequest) => Promise<ApiAnswer>;

export interface ApiClientOptions {
  /** For one request; 15 s. */
  readonly timeoutMs?: number;
  /** Before the first repetition; doubled for each further one. 200 ms. */
  readonly firstDelayMs?: number;
  readonly metrics?: Metrics;
}

const attempts = 5;
const longestDelayMs = 10_000;
const passing = new Set([408, 429, 500, 502, 503, 504]);

export function createApiClient(server: ApiServer, options: ApiClientOptions = {}): ApiClient {
  const { timeoutMs = 15_000, firstDelayMs = 200, metrics = unmeasured } = options;
  const exchange = withCounts(createExchange(server), metrics);
  return async (request) => {
    const name = `Kubernetes ${request.method} ${server.url}${request.path}`;
    const send = async (): Promise<HttpAnswer> => exchange(await toHttp(server, request, timeoutMs));
    const answer = await sendPatiently(send, firstDelayMs).catch((error: unknown) => {
      throw toAdapterError(error, name);
    });
    const { status, body } = answer;
    if (status < 200 || status > 299) throw refusalToAdapterError({ request: name, status, body: body.toString() });
    return { body, serverMs: clockOf(answer) };
  };
}

/** Each try by itself. */
function withCounts(exchange: Exchange, metrics: Metrics): Exchange {
  return async (request) => {
    const { method } = request;
    try {
      const answer = await exchange(request);
      metrics.count('windlass_kubernetes_requests_total', { method, code: String(answer.status) });
      return answer;
    } catch (error) {
      metrics.count('windlass_kubernetes_requests_total', { method, code: 'none' });
      throw error;
    }
  };
}

async function toHttp(
  server: ApiServer,
  { method, path, query, body }: ApiRequest,
  timeoutMs: number,
): Promise<Parameters<Exchange>[0]> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    method,
    path: query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`,
    headers: {
      ...(await requestHeaders(server)),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    timeoutMs,
  };
}

async function sendPatiently(send: () => Promise<HttpAnswer>, firstDelayMs: number): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === attempts;
    const answer = await send().catch((error: unknown) => {
      if (isLast) throw error;
      return null;
    });
    if (answer !== null && (isLast || !passing.has(answer.status))) return answer;
    await sleep(Math.max(jittered(firstDelayMs * 2 ** (attempt - 1)), askedDelayMs(answer)));
  }
}

function jittered(delayMs: number): number {
  return Math.min(longestDelayMs, delayMs) * (0.5 + Math.random() / 2);
}

/** `Retry-After`, of a server that has too much to do or is being restarted. */
function askedDelayMs(answer: HttpAnswer | null): number {
  const seconds = Number(answer?.headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) ? Math.min(longestDelayMs, seconds * 1000) : 0;
}

function clockOf({ headers }: HttpAnswer): number {
  const told = Date.parse(headers.date ?? '');
  return Number.isNaN(told) ? Date.now() : told;
}
