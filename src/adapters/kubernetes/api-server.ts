import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AdapterError } from '../errors.ts';

/** Where the API server is, and how we prove who we are. */
export interface ApiServer {
  /** Without trailing slash. */
  readonly url: string;
  readonly tls: ApiServerTls;
  /** Asked before each request, for a projected token is renewed while the worker runs; null: the certificate is enough. */
  readonly token: () => Promise<string | null>;
}

export interface ApiServerTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly rejectUnauthorized: boolean;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The server of the pod that we run in. @throws AdapterError `InvalidConfig` outside a cluster. */
export async function serverOfPod(environment: Readonly<Record<string, string | undefined>>): Promise<ApiServer> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (host === undefined) {
    const message = 'jobs.kubeconfig is not set, and this worker runs in no pod of a cluster: name a kubeconfig file';
    throw new AdapterError('InvalidConfig', message, { system: 'jobs' });
  }
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const ca = await readFile(path.join(accountFolder, 'ca.crt'), 'utf8');
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca, cert: undefined, key: undefined, rejectUnauthorized: true },
    token: tokenOfFile(path.join(accountFolder, 'token')),
  };
}

/** Of every request, whatever it asks. */
export async function requestHeaders(server: ApiServer): Promise<Readonly<Record<string, string>>> {
  const token = await server.token();
  return {
    accept: 'application/json, */*',
    'user-agent': 'windlass',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
}

export function tokenOfFile(file: string): () => Promise<string> {
  return async () => (await readFile(file, 'utf8')).trim();
}
