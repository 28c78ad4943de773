import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createMlflowTracking } from '../../src/adapters/mlflow/tracking.ts';
import { createS3Store } from '../../src/adapters/s3/object-store.ts';
import { createTritonReplica } from '../../src/adapters/triton/replica.ts';
import { activityFailure } from '../../src/workers/failure-interceptor.ts';
import { openArtifactStore } from '../../src/workers/stores.ts';
import { unservedPlatform } from '../fakes/platforms.ts';

const secret = 'hush-4f9c1d7e';
const refusing: Server = createServer((_request, response) => response.writeHead(403).end('{}'));
let folder: string;
let refusingUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windlass-secrets-'));
  await writeFile(join(folder, 'secret'), secret);
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  refusingUrl = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
});
afterAll(async () => {
  refusing.close();
  await rm(folder, { recursive: true, force: true });
});

/** The whole failure as it stands in a history: message, details, stack and causes, in plain text. */
async function recorded(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const converter = new DefaultFailureConverter();
  const failure = converter.errorToFailure(activityFailure(error, 5), defaultPayloadConverter);
  return JSON.stringify(failure, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
}

const closedUrl = 'http://127.0.0.1:1';

test.each([
  ['MLflow, which refuses', () => openRun(refusingUrl, { kind: 'basic', username: 'ada', password: secret })],
  ['MLflow, which is away', () => openRun(closedUrl, { kind: 'bearer', token: secret })],
  ['S3, which refuses', () => readObject(refusingUrl)],
  ['S3, which is away', () => readObject(closedUrl)],
  ['Triton, which is away', () => readTriton()],
])('a failure of %s carries no secret into a history', async (_name, work) => {
  const text = await recorded(work());
  expect(text).toMatch(/"type":"(AccessDenied|Unavailable)"/u);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(Buffer.from(`ada:${secret}`).toString('base64'));
});

async function openRun(
  url: string,
  credentials: Parameters<typeof createMlflowTracking>[0]['credentials'],
): Promise<unknown> {
  const tracking = createMlflowTracking({ url, ...(credentials === undefined ? {} : { credentials }) });
  return tracking.openRun({ model: 'glossary', runId: 'glossary-7', tags: {} });
}

async function readObject(endpoint: string): Promise<unknown> {
  const credentials = { accessKeyId: 'ada', secretAccessKey: secret };
  return createS3Store('s3://bucket/root', { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }).get('a');
}

async function readTriton(): Promise<unknown> {
  const [platformReplica] = unservedPlatform().targets['production']?.replicas ?? [];
  if (platformReplica === undefined) throw new Error('the platform has no replica');
  const replica = createTritonReplica({
    replica: { ...platformReplica, secretFile: join(folder, 'secret') },
    artifacts: openArtifactStore('file:///nowhere/store'),
    timeouts: { callMs: 300, unreachableMs: 300 },
  });
  return replica.readState('glossary');
}
