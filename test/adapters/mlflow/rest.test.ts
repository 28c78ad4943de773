import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addParameters } from '../../../src/adapters/mlflow/parameters.ts';
import { createMlflowRest, mlflowCredentials } from '../../../src/adapters/mlflow/rest.ts';
import type { MlflowOptions } from '../../../src/adapters/mlflow/rest.ts';
import { buildTagFilter, inBatches } from '../../../src/adapters/mlflow/tags.ts';

/** Faults that a real MLflow cannot be made to show. */
describe('requests to MLflow', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it.each([
    [503, '<html><body>upstream down</body></html>', 'Unavailable'],
    [429, '{"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"}', 'Unavailable'],
    [401, 'You are not authenticated.', 'AccessDenied'],
    [403, '{"error_code": "PERMISSION_DENIED", "message": "no"}', 'AccessDenied'],
    [400, '{"error_code": "INVALID_PARAMETER_VALUE", "message": "bad name"}', 'InvalidConfig'],
    [400, '{"error_code": "BAD_REQUEST", "message": "(sqlite3.IntegrityError) UNIQUE constraint"}', 'Unavailable'],
    [409, '{"error_code": "RESOURCE_CONFLICT", "message": "twice"}', 'Conflict'],
    [404, '<title>404 Not Found</title>', 'NotFound'],
    [418, 'short and stout', 'Unexpected'],
  ])('calls an answer %i %s a failure %s, named by request and server', async (status, body, failure) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    const refusal = ask({ url });
    await expect(refusal).rejects.toMatchObject({ failure, system: 'mlflow', details: { status } });
    await expect(refusal).rejects.toThrow(`MLflow GET ${url}/api/2.0/mlflow/runs/get answered ${status}`);
  });

  it.each(['INVALID_PARAMETER_VALUE', 'BAD_REQUEST'])(
    'looks again when another writer was faster: %s',
    async (code) => {
      const refusal = JSON.stringify({ error_code: code, message: 'seed is there' });
      const sent: string[] = [];
      let known: readonly unknown[] = [];
      const url = await serve((request, response) => {
        if (request.method === 'GET') response.end(JSON.stringify({ run: { data: { params: known } } }));
        else
          void text(request).then((body) => {
            const isFirst = sent.push(body) === 1;
            known = [{ key: 'seed', value: '1' }];
            return isFirst ? response.writeHead(400).end(refusal) : response.end('{}');
          });
      });
      await addParameters(createMlflowRest({ url }), 'run', { seed: '2', mine: 'x' });
      expect(sent.map((body) => JSON.parse(body) as unknown)).toMatchObject([
        { params: [{ key: 'seed' }, { key: 'mine' }] },
        { params: [{ key: 'mine', value: 'x' }] },
      ]);
    },
  );

  it('cuts what the server said', async () => {
    const url = await serve((_request, response) => response.writeHead(500).end('x'.repeat(5000)));
    const refusal: unknown = await ask({ url }).catch((error: unknown) => error);
    expect(String(refusal).length).toBeLessThan(500);
  });

  it('does not take the page of another server for an answer', async () => {
    const url = await serve((_request, response) => response.end('<html>hello</html>'));
    await expect(ask({ url })).rejects.toMatchObject({
      failure: 'Unexpected',
      message: expect.stringContaining('not MLflow'),
    });
  });

  it('gives up on a server that does not answer in time', async () => {
    const url = await serve(() => undefined);
    await expect(ask({ url, timeoutMs: 60 })).rejects.toMatchObject({ failure: 'Unavailable' });
  });

  it('says why a server cannot be reached', async () => {
    const url = await serve(() => undefined);
    for (const server of servers.splice(0)) await once(server.close(), 'close');
    await expect(ask({ url })).rejects.toThrow(/ECONNREFUSED.*check that MLflow runs/);
  });

  it('sends the credentials that are in the environment, a token first', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request: IncomingMessage, response) => {
      seen.push(request.headers.authorization);
      response.end('{"ok": true}');
    });
    const user = { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 'pass' };
    for (const environment of [
      {},
      user,
      { ...user, MLFLOW_TRACKING_TOKEN: 'abc' },
      { ...user, MLFLOW_TRACKING_TOKEN: '' },
    ]) {
      await ask({ url, ...mlflowCredentials(environment) });
    }
    expect(seen).toEqual([undefined, 'Basic YW5uOnBhc3M=', 'Bearer abc', 'Basic YW5uOnBhc3M=']);
  });

  it('cuts lists into batches and quotes values in filters', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inBatches([], 2)).toEqual([]);
    expect(buildTagFilter('a.b', "it's")).toBe('tags.`a.b` = "it\'s"');
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }
});

async function ask(options: MlflowOptions): Promise<{ readonly ok: boolean }> {
  const answer = z.object({ ok: z.boolean() });
  return createMlflowRest(options)({ method: 'GET', path: 'runs/get', query: { run_id: 'a b' }, answer });
}
