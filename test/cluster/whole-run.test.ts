import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import { startStack } from '../integration/stack-under-test.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startVersitygw } from '../servers/versitygw.ts';
import { jobProfile } from './job-pods.ts';
import { nodeIp } from './lab.ts';
import { labNamespace } from './namespace.ts';

const packageDirectory = fileURLToPath(new URL('../../jobs', import.meta.url));
/** An image of jobs has some; a client of S3 does not begin without, even where it speaks plain HTTP. */
const certificates = '/etc/ssl';
const jobsPath = `/apis/batch/v1/namespaces/${labNamespace}/jobs`;
const input = { model: 'tiny', preset: 'tiny', requester: 'grace' } as const;
let store: VersitygwServer;
let admin: ApiClient;

beforeAll(async () => {
  store = await startVersitygw(nodeIp);
  for (const bucket of ['cluster', 'processes']) await store.makeBucket(bucket);
  admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  await giveStoreSecret();
}, 240_000);
afterAll(() => store.stop());

test(
  'a run whose job stages are Jobs goes live, and makes the bytes that processes make',
  { timeout: 900_000 },
  async () => {
    const { status: onCluster, jobs, log } = await playedOn('cluster', clusterJobs);
    expect(onCluster.stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
    expect([...jobs.keys()].map((name) => name.replace(/-[0-9a-f]{16}-.*/u, '')).toSorted()).toEqual([
      'w-build-engine',
      'w-convert',
      'w-evaluate',
      'w-prepare-data',
      'w-train',
    ]);
    expect(new Set(jobs.values())).toEqual(new Set(['1']));
    expect(await namesOfJobs()).toEqual([]);
    expect(log).toMatch(/"phase": ?"train".*"train_loss"/u);
    const { status: asProcesses } = await playedOn('processes', () => ({}));
    expect(digests(onCluster)).toEqual(digests(asProcesses));
  },
);

interface Played {
  readonly status: RunStatus;
  /** GPUs asked for by each Job that was seen, by its name. */
  readonly jobs: ReadonlyMap<string, string>;
  /** Of the training. */
  readonly log: string;
}

async function playedOn(bucket: string, platform: (corpus: string) => JsonObject): Promise<Played> {
  const environment = { AWS_ENDPOINT_URL: store.endpoint, AWS_REGION: 'us-east-1', ...credentials() };
  const stack = await startStack({ storeUri: `s3://${bucket}/windlass`, environment, platform });
  try {
    return await play(stack);
  } finally {
    await stack.down();
  }
}

async function play(stack: StackUnderTest): Promise<Played> {
  const { client } = stack;
  const jobs = new Map<string, string>();
  const { runId } = await client.start(input);
  const look = async (): Promise<void> => {
    for (const [name, gpus] of await listJobs()) jobs.set(name, gpus);
  };
  const looking = setInterval(() => void look(), 500);
  const failure = await client.wait(runId).then(
    () => '',
    (error: unknown) => String(error),
  );
  clearInterval(looking);
  const status = await client.status(runId);
  expect(failure, status.attention?.logTail ?? '').toBe('');
  const [log, standing] = [await stack.windlass('logs', runId, 'train'), await stack.windlass('jobs', '--json')];
  expect(log).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(standing.stdout)).toEqual({ jobs: [] });
  return { status, jobs, log: log.stdout };
}

function clusterJobs(corpus: string): JsonObject {
  const profile = jobProfile({ packageDirectory, readable: [corpus, certificates], writable: [] });
  return {
    jobs: {
      runner: 'kubernetes',
      kubeconfig: path.join(path.dirname(inject('kubeconfig')), 'worker.kubeconfig'),
      namespace: labNamespace,
      defaults: {
        image: profile.image,
        imagePullPolicy: profile.imagePullPolicy,
        python: profile.python,
        memory: '4Gi',
        cpu: '100m',
        gpus: 1,
        sharedMemory: '64Mi',
        scratch: '2Gi',
        environment: { ...profile.environment, AWS_ENDPOINT_URL: store.endpoint, AWS_REGION: 'us-east-1' },
        environmentSecrets: ['windlass-store'],
        pod: profile.pod as JsonObject,
      },
    },
  };
}

function credentials(): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: store.accessKey, AWS_SECRET_ACCESS_KEY: store.secretKey };
}

async function giveStoreSecret(): Promise<void> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'windlass-store' }, stringData: credentials() };
  await admin({ method: 'POST', path: `/api/v1/namespaces/${labNamespace}/secrets`, body: secret });
}

const listSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.array(z.object({ resources: z.object({ limits: z.record(z.string(), z.string()) }) })),
          }),
        }),
      }),
    }),
  ),
});

async function listJobs(): Promise<readonly (readonly [string, string])[]> {
  const { body } = await admin({ method: 'GET', path: jobsPath });
  return listSchema.parse(JSON.parse(body.toString())).items.map(({ metadata, spec }) => {
    const limits = spec.template.spec.containers[0]?.resources.limits ?? {};
    return [metadata.name, limits['nvidia.com/gpu'] ?? '0'] as const;
  });
}

async function namesOfJobs(): Promise<readonly string[]> {
  return (await listJobs()).map(([name]) => name);
}

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}
