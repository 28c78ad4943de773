import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiClient, ApiClientOptions } from '../../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../../src/adapters/kubernetes/api-client.ts';
import { createJobApi } from '../../../src/adapters/kubernetes/job-api.ts';
import { createFakeMetrics } from '../../fakes/fake-metrics.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
const jobs = { method: 'GET', path: '/apis/batch/v1/namespaces/lab/jobs' } as const;

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Lab {
  readonly client: ApiClient;
  readonly requests: IncomingMessage[];
  readonly connections: () => number;
}

/** An API server that gives the answers in their order, and the last one from then on. */
async function startServer(answers: readonly Answer[], options: ApiClientOptions = {}): Promise<Lab> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    (answers[requests.length - 1] ?? answers.at(-1))?.(request, response);
  });
  let connections = 0;
  server.on('connection', () => (connections += 1));
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tls = { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true };
  const client = createApiClient({ url, tls, token: async () => 'secret' }, { firstDelayMs: 1, ...options });
  return { client, requests, connections: () => connections };
}

function say(status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
}

const reset: Answer = (request) => void request.socket.destroy();
const silence: Answer = () => {};

describe('a call of the Kubernetes API', () => {
  it('has the token, and keeps its connection', async () => {
    const { client, requests, connections } = await startServer([say(200, { items: [] })]);
    for (let count = 0; count < 50; count += 1) await client(jobs);
    expect(requests[49]?.headers.authorization).toBe('Bearer secret');
    expect(connections()).toBe(1);
  });

  it.each([408, 429, 500, 502, 503, 504])('is repeated when the server answers %i', async (status) => {
    const { client, requests } = await startServer([say(status), say(200, { kind: 'JobList' })]);
    expect((await client(jobs)).body.toString()).toContain('JobList');
    expect(requests).toHaveLength(2);
  });

  it('is repeated when the connection breaks, and when no answer comes in time', async () => {
    const { client, requests } = await startServer([reset, silence, say(200)], { timeoutMs: 100 });
    await client(jobs);
    expect(requests).toHaveLength(3);
  });

  it('waits for as long as the server asks', async () => {
    const { client } = await startServer([say(429, {}, { 'retry-after': '1' }), say(200)]);
    const beginMs = Date.now();
    await client(jobs);
    expect(Date.now() - beginMs).toBeGreaterThanOrEqual(990);
  });

  it('gives up after five tries and says which call, and why', async () => {
    const { client, requests } = await startServer([say(503, { message: 'apiserver is shutting down' })]);
    await expect(client(jobs)).rejects.toMatchObject({
      failure: 'Unavailable',
      message: expect.stringMatching(/GET .*\/jobs answered 503.*shutting down/) as string,
    });
    expect(requests).toHaveLength(5);
  });

  it.each([
    [401, 'Unavailable', 'Unauthorized'],
    [403, 'Unavailable', 'jobs.batch is forbidden: User "lab" cannot create resource "jobs" in API group "batch"'],
    [403, 'AccessDenied', 'admission webhook "policy.example" denied the request'],
    [403, 'Unavailable', 'jobs.batch "w" is forbidden: exceeded quota: count/jobs.batch'],
    [404, 'NotFound', 'jobs.batch "w" not found'],
    [409, 'Conflict', 'jobs.batch "w" already exists'],
    [422, 'InvalidConfig', 'spec.template.spec.containers[0].image: Required value'],
  ])('that is refused with %i is %s and not repeated', async (status, failure, message) => {
    const { client, requests } = await startServer([say(status, { kind: 'Status', reason: 'Some', message })]);
    await expect(client(jobs)).rejects.toMatchObject({ failure, system: 'jobs', details: { status, reason: 'Some' } });
    expect(requests).toHaveLength(1);
  });

  it('is counted at each try, by what was answered', async () => {
    const metrics = createFakeMetrics();
    const { client } = await startServer([reset, say(503), say(200), say(404)], { metrics });
    await client(jobs);
    await expect(client({ ...jobs, method: 'DELETE' })).rejects.toThrow();
    expect(metrics.counted).toEqual({
      'windlass_kubernetes_requests_total{method="GET",code="none"}': 1,
      'windlass_kubernetes_requests_total{method="GET",code="503"}': 1,
      'windlass_kubernetes_requests_total{method="GET",code="200"}': 1,
      'windlass_kubernetes_requests_total{method="DELETE",code="404"}': 1,
    });
  });

  it("tells the server's time", async () => {
    const date = 'Wed, 25 Nov 2026 10:00:00 GMT';
    const { client } = await startServer([say(200, {}, { date })]);
    expect((await client(jobs)).serverMs).toBe(Date.parse(date));
  });
});

describe('what is asked about Jobs', () => {
  it('comes page by page', async () => {
    const job = { metadata: { name: 'w', uid: 'u', creationTimestamp: '2026-11-25T10:00:00Z' }, spec: {} };
    const first = { metadata: { continue: 'more' }, items: [job] };
    const { client, requests } = await startServer([say(200, first), say(200, { metadata: {}, items: [job] })]);
    expect(await createJobApi(client, 'lab').listJobs()).toHaveLength(2);
    expect(requests.map(({ url }) => new URL(url ?? '', 'http://api').searchParams.get('continue'))).toEqual([
      null,
      'more',
    ]);
  });

  it('creates with strict fields and finds a name that is taken', async () => {
    const { client, requests } = await startServer([say(409, { reason: 'AlreadyExists' })]);
    const metadata = { name: 'w', labels: {}, annotations: {} };
    expect(await createJobApi(client, 'lab').createJob({ metadata, spec: { template: {} } })).toBeNull();
    expect(requests[0]?.url).toContain('fieldValidation=Strict');
  });

  it('creates a Service with strict fields, finds a name that is taken, and whose it is', async () => {
    const metadata = { name: 'w', ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'w', uid: 'u' }] };
    const { client, requests } = await startServer([
      say(201, { metadata }),
      say(409),
      say(200, { metadata }),
      say(404),
    ]);
    const api = createJobApi(client, 'lab');
    expect([await api.createService({ metadata }), await api.createService({ metadata })]).toEqual([true, false]);
    expect([await api.findServiceOwners('w'), await api.findServiceOwners('w')]).toEqual([['u'], []]);
    expect(requests[0]?.url).toMatch(/^\/api\/v1\/namespaces\/lab\/services\?.*fieldValidation=Strict/);
    expect(requests[2]?.url).toBe('/api/v1/namespaces/lab/services/w');
  });

  it('deletes in the background, the Job of this UID alone, and takes a foreign one for gone', async () => {
    const bodies: string[] = [];
    const conflict: Answer = (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.writeHead(409).end('{}'));
    };
    const { client } = await startServer([conflict]);
    await createJobApi(client, 'lab').deleteJob('w', 'u');
    expect(JSON.parse(bodies.join(''))).toEqual({ propagationPolicy: 'Background', preconditions: { uid: 'u' } });
  });

  it.each([400, 404])('has no log yet when the server answers %i', async (status) => {
    const { client } = await startServer([say(status, { message: 'container "job" is waiting to start' })]);
    expect(await createJobApi(client, 'lab').readLog('w-x', {})).toHaveLength(0);
  });
});
