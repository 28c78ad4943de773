import { z } from 'zod';
import { AdapterError } from '../errors.ts';
import { refusalToAdapterError, toAdapterError } from './to-adapter-error.ts';

const defaultTimeoutMs = 30_000;

/** How to reach an MLflow server. */
export interface MlflowOptions {
  /** Without a trailing path, such as `http://127.0.0.1:5000`; a prefix of a proxy may follow. */
  readonly url: string;
  /** Absent: the server asks for none. See {@link mlflowCredentials}. */
  readonly credentials?: MlflowCredentials;
  /** For one request; 30 s. */
  readonly timeoutMs?: number;
}

export type MlflowCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface MlflowRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** After `/api/2.0/mlflow/`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly answer: z.ZodType<Answer>;
}

/**
 * One request to MLflow's REST API, with a checked answer; never repeated here.
 * @throws AdapterError `Unavailable`, `AccessDenied`, `NotFound`, `Conflict`, `InvalidConfig`, `Unexpected`.
 */
export type MlflowRest = <Answer>(request: MlflowRequest<Answer>) => Promise<Answer>;

const errorSchema = z.object({ error_code: z.string(), message: z.string().default('') });

/** For requests whose answer says nothing. */
export const emptyAnswer = z.unknown();

export function createMlflowRest(options: MlflowOptions): MlflowRest {
  const base = `${options.url.replace(/\/+$/, '')}/api/2.0/mlflow/`;
  const headers = { 'content-type': 'application/json', ...authorization(options.credentials) };
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  return async (request) => {
    const url = `${base}${request.path}${buildQuery(request.query)}`;
    const name = `MLflow ${request.method} ${base}${request.path}`;
    const text = await send(name, url, {
      method: request.method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    return parseAnswer(name, text, request.answer);
  };
}

/** Credentials by the variables that MLflow's own clients read; a token wins. */
export function mlflowCredentials(environment: Readonly<Record<string, string | undefined>>): {
  readonly credentials?: MlflowCredentials;
} {
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  if (token !== undefined && token !== '') return { credentials: { kind: 'bearer', token } };
  const username = environment['MLFLOW_TRACKING_USERNAME'];
  const password = environment['MLFLOW_TRACKING_PASSWORD'];
  if (username === undefined || password === undefined) return {};
  return { credentials: { kind: 'basic', username, password } };
}

async function send(name: string, url: string, init: RequestInit): Promise<string> {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    if (response.ok) return text;
    throw refusalToAdapterError({ request: name, status: response.status, ...readError(text) });
  } catch (error) {
    throw toAdapterError(error, name);
  }
}

function parseAnswer<Answer>(name: string, text: string, schema: z.ZodType<Answer>): Answer {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const message = `${name} gave an answer that is not MLflow's: ${z.prettifyError(parsed.error)}; check the URL`;
  throw new AdapterError('Unexpected', message, { system: 'mlflow' });
}

function readError(text: string): { readonly errorCode: string; readonly reason: string } {
  const parsed = errorSchema.safeParse(parseJson(text));
  if (!parsed.success) return { errorCode: '', reason: text.replaceAll(/<[^>]*>|\s+/g, ' ').trim() };
  return { errorCode: parsed.data.error_code, reason: parsed.data.message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function buildQuery(query: Readonly<Record<string, string>> | undefined): string {
  return query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
}

function authorization(credentials: MlflowCredentials | undefined): Record<string, string> {
  if (credentials === undefined) return {};
  if (credentials.kind === 'bearer') return { authorization: `Bearer ${credentials.token}` };
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}
