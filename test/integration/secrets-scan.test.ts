import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import type { RunStatus } from '../../src/contracts/run-status.ts';
import { clientDataConverter } from '../../src/protocols/temporal/data-converter.ts';
import { createPayloadCodec } from '../../src/protocols/temporal/payload-codec.ts';
import { readPayloadKeys } from '../../src/protocols/temporal/payload-keys.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { startStack } from './stack-under-test.ts';

/*
 * A stack that was given secrets, each a text that stands nowhere else. Runs of every kind of end go through it; then everything that it keeps
 * or tells is searched for them: histories (decrypted), memos, details, logs, job directories, MLflow, the object store, the stack's own files.
 */

const payloadKey = randomBytes(32).toString('base64');
const hubToken = `hf_${randomBytes(12).toString('hex')}`;
const mlflowPassword = randomBytes(12).toString('hex');
const endsAtOnce = { repair: { onFailure: 'fail' } };
const input = { model: 'tiny', preset: 'tiny', requester: 'grace', train: { steps: 30 } } as const;

let server: VersitygwServer;
let stack: StackUnderTest;
let folder: string;
let secrets: Readonly<Record<string, string>>;

beforeAll(async () => {
  vi.stubEnv('WINDLASS_PAYLOAD_KEYS', `scan:${payloadKey}`);
  folder = mkdtempSync(join(tmpdir(), 'windlass-scan-'));
  server = await startVersitygw();
  await server.makeBucket('artifacts');
  stack = await startStack({
    storeUri: 's3://artifacts/windlass',
    environment: {
      ...server.environment,
      HF_TOKEN: hubToken,
      MLFLOW_TRACKING_USERNAME: 'ada',
      MLFLOW_TRACKING_PASSWORD: mlflowPassword,
      WINDLASS_DEBUG: '1',
    },
  });
  secrets = {
    'secret of S3': server.secretKey,
    'token of the hub': hubToken,
    'password of MLflow': mlflowPassword,
    'payload key': payloadKey,
    'secret of Triton production': tritonSecret('production'),
    'secret of Triton staging': tritonSecret('staging'),
  };
});
afterAll(async () => {
  await stack.down();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
}, 90_000);

function tritonSecret(target: string): string {
  return readFileSync(join(stack.home, 'serving', target, 'secret'), 'utf8').trim();
}

async function untilWaiting(runId: string): Promise<RunStatus> {
  for (;;) {
    const status = await stack.client.status(runId).catch(() => null);
    if (status !== null && (status.phase === 'awaiting-approval' || status.failure !== null)) return status;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Starts a run and follows it to its end, good or bad; the name of its failure. */
async function endOf(change: object): Promise<string> {
  try {
    const { runId } = await stack.client.start({ ...input, ...change });
    await stack.client.wait(runId);
    return 'none';
  } catch (error) {
    return error instanceof Error && 'failure' in error ? String(error.failure) : String(error);
  }
}

test('runs of every kind of end go through', async () => {
  const { runId } = await stack.client.start({ ...input, target: 'production' });
  expect((await untilWaiting(runId)).phase).toBe('awaiting-approval');
  await stack.windlass('approve', runId, '--as', 'ada');
  await stack.client.wait(runId);
  expect(await endOf({ smokeTest: { sla: { ttftP95Ms: 0.001 } } })).toBe('SmokeTestFailed');
  const broken = join(folder, 'broken.jsonl');
  writeFileSync(broken, '{"prompt": "a", "response": \n');
  const source = { uri: `file://${broken}`, format: 'jsonl', fields: { prompt: 'prompt', response: 'response' } };
  expect(await endOf({ data: { sources: [source] } })).toBe('RunParked');
  expect(await endOf({ data: { sources: [source] }, ...endsAtOnce })).toBe('InvalidData');
  expect(await endOf({ data: { sources: [{ ...source, uri: 's3://artifacts/nobody.jsonl' }] } })).toBe('MissingInput');
  expect(await endOf({ trian: {} })).toBe('InvalidSpec');
  const hub = `hf://nobody/nothing@${'0'.repeat(40)}`;
  await expect(stack.client.importModel({ source: hub, name: 'nothing' })).rejects.toThrow();
  const { exitCode } = await stack.windlass(
    'ask',
    '--target',
    'production',
    '--model',
    'tiny',
    '--json',
    'Define "ba".',
  );
  expect(exitCode).toBe(0);
});

test('no secret stands in what Temporal tells of any workflow', async () => {
  const told = await toldByTemporal();
  expect([...told.keys()].length).toBeGreaterThan(6);
  expect([...told.values()].join('')).toContain('lighthouse');
  expect(leaksIn(told)).toEqual([]);
});

test('no secret stands in metrics, or in what the command line prints', async () => {
  const ports = JSON.parse(readFileSync(join(stack.home, 'ports.json'), 'utf8')) as { temporal: { metrics: number } };
  const { targets, workers } = stack.state.endpoints;
  const urls = [
    `http://127.0.0.1:${ports.temporal.metrics}/metrics`,
    ...[...Object.values(targets), ...Object.values(workers)].map(({ metricsUrl }) => metricsUrl),
  ];
  const told = new Map<string, string>([['windlass up', JSON.stringify(stack.state)]]);
  for (const url of urls) told.set(url, await (await fetch(url)).text());
  const figures = [...told.values()].join('');
  expect(figures).toContain('windlass_jobs_ended_total{outcome="InvalidData",runner="process",stage="prepare-data"');
  expect(figures).toMatch(/windlass_deployments_total\{kind="deploy",outcome="SmokeTestFailed",target="staging"/u);
  for (const command of ['doctor', 'models ls', 'artifacts ls', 'releases --target production --model tiny']) {
    const { stdout, stderr } = await stack.windlass(...command.split(' '), '--json');
    told.set(command, stdout + stderr);
  }
  expect([...told.values()].every((text) => text.length > 1)).toBe(true);
  expect(leaksIn(told)).toEqual([]);
});

test('no secret stands in any file of the stack, of MLflow, of jobs or of the store, but where Triton reads its own', () => {
  const files = [...filesUnder(stack.home), ...filesUnder(server.directory)];
  const kinds = ['logs/', 'jobs/', 'mlflow/mlflow', 'temporal/temporal.db', 'desired/', 'result.json', 'report.html'];
  expect(kinds.filter((kind) => !files.some((path) => path.includes(kind)))).toEqual([]);
  const leaks = leaksIn(new Map(files.map((path) => [path, readFileSync(path, 'latin1')])));
  process.stdout.write(`${files.length} files hold none of ${Object.keys(secrets).length} secrets\n`);
  expect(leaks).toEqual(
    ['production', 'staging'].map(
      (target) => `${join(stack.home, 'serving', target, 'secret')}: secret of Triton ${target}`,
    ),
  );
});

/** As written and in base64, in which a header carries a password. */
function leaksIn(told: ReadonlyMap<string, string>): readonly string[] {
  const needles = Object.entries(secrets).flatMap(([name, secret]): [string, string][] => [
    [name, secret],
    [`${name} in base64`, Buffer.from(secret).toString('base64').replace(/=+$/u, '')],
  ]);
  return [...told].flatMap(([where, text]) =>
    needles.filter(([, needle]) => text.includes(needle)).map(([name]) => `${where}: ${name}`),
  );
}

function filesUnder(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** By workflow: its history with every payload decrypted, its memo, summary, search attributes and details. */
async function toldByTemporal(): Promise<ReadonlyMap<string, string>> {
  const connection = await Connection.connect({ address: stack.state.endpoints.temporalAddress });
  const keys = readPayloadKeys(process.env);
  const client = new Client({ connection, dataConverter: clientDataConverter(keys) });
  const told = new Map<string, string>();
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { memo, searchAttributes, raw } = await handle.describe();
    const details = await handle.query('__temporal_workflow_metadata').catch(() => null);
    const history = await decrypted(historyToJSON(await handle.fetchHistory()));
    told.set(
      `${workflowId} ${runId}`,
      history + JSON.stringify([memo, searchAttributes, details, raw.pendingActivities]),
    );
  }
  await connection.close();
  return told;
}

async function decrypted(historyJson: string): Promise<string> {
  const codec = createPayloadCodec(readPayloadKeys(process.env));
  const payloads: Payload[] = [];
  JSON.parse(historyJson, (_key, value: unknown) => {
    if (isPayload(value)) payloads.push(payloadOf(value));
    return value;
  });
  const plain = await codec.decode(payloads);
  return `${historyJson}${plain.map(({ data }) => Buffer.from(data ?? []).toString('utf8')).join('\n')}`;
}

interface PayloadJson {
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: string;
}

function isPayload(value: unknown): value is PayloadJson {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
}

function payloadOf({ metadata, data }: PayloadJson): Payload {
  const bytes = Object.entries(metadata).map(([name, text]): [string, Uint8Array] => [
    name,
    Buffer.from(text, 'base64'),
  ]);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') };
}
