import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import { startStack } from '../integration/stack-under-test.ts';
import type { VersitygwServer } from '../servers/versitygw.ts';
import { startClusterStore } from './cluster-store.ts';
import { jobsOnCluster } from './job-stages.ts';
import { nodeName } from './lab.ts';
import type { SeenJob } from './seen-jobs.ts';
import { listSeenJobs, watchJobs } from './seen-jobs.ts';

const input = { model: 'tiny', preset: 'tiny', requester: 'grace' } as const;
let store: VersitygwServer;
let admin: ApiClient;

beforeAll(async () => {
  admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  store = await startClusterStore(admin, ['cluster', 'processes']);
}, 240_000);
afterAll(() => store.stop());

test(
  'a run whose job stages are Jobs goes live, and makes the bytes that processes make',
  { timeout: 900_000 },
  async () => {
    const { status: onCluster, jobs, log } = await playedOn('cluster', clusterJobs);
    expect(onCluster.stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
    expect(jobs.map(({ stage }) => stage).toSorted()).toEqual([
      'build-engine',
      'convert',
      'evaluate',
      'prepare-data',
      'train',
    ]);
    expect(new Set(jobs.map(({ gpus, node }) => [gpus, node].join(' on ')))).toEqual(new Set([`1 on ${nodeName}`]));
    expect(await listSeenJobs(admin)).toEqual([]);
    expect(log).toMatch(/"phase": ?"train".*"train_loss"/u);
    const { status: asProcesses } = await playedOn('processes', () => ({}));
    expect(digests(onCluster)).toEqual(digests(asProcesses));
  },
);

interface Played {
  readonly status: RunStatus;
  readonly jobs: readonly SeenJob[];
  /** Of the training. */
  readonly log: string;
}

async function playedOn(bucket: string, platform: (corpus: string) => JsonObject): Promise<Played> {
  const stack = await startStack({ storeUri: `s3://${bucket}/windlass`, environment: store.environment, platform });
  try {
    return await play(stack);
  } finally {
    await stack.down();
  }
}

async function play(stack: StackUnderTest): Promise<Played> {
  const { client } = stack;
  const sightings = watchJobs(admin);
  const { runId } = await client.start(input);
  const failure = await client.wait(runId).then(
    () => '',
    (error: unknown) => String(error),
  );
  sightings.stop();
  const status = await client.status(runId);
  expect(failure, status.attention?.logTail ?? '').toBe('');
  const [log, standing] = [await stack.windlass('logs', runId, 'train'), await stack.windlass('jobs', '--json')];
  expect(log).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(standing.stdout)).toEqual({ jobs: [] });
  return { status, jobs: [...sightings.jobs.values()], log: log.stdout };
}

function clusterJobs(corpus: string): JsonObject {
  return { jobs: jobsOnCluster({ kubeconfig: inject('kubeconfig'), store, corpus }) };
}

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}
