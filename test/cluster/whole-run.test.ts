import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { RunStatus } from '../../src/contracts/run-status.ts';
import { createRandom } from '../chaos/plan/random.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import { startStack } from '../integration/stack-under-test.ts';
import type { ClusterStore } from './cluster-store.ts';
import { startClusterStore } from './cluster-store.ts';
import { jobsOnCluster } from './job-stages.ts';
import { nodeName } from './lab.ts';
import type { Played } from './played-run.ts';
import { jobStages, playRun, stagesOf } from './played-run.ts';
import { listSeenJobs } from './seen-jobs.ts';
import { openWorkerKiller } from './worker-killer.ts';

/** More runs are played for more: `WINDLASS_WORKER_KILLS=50 npm run test:cluster`. */
const kills = Number(process.env['WINDLASS_WORKER_KILLS'] ?? 5);

let store: ClusterStore;
let admin: ApiClient;
let stack: StackUnderTest;

beforeAll(async () => {
  admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  store = await startClusterStore(admin, ['cluster', 'processes']);
  stack = await openStack('cluster', clusterJobs);
});
afterAll(async () => {
  await stack.down();
  await store.stop();
});

test(
  'a run whose job stages are Jobs, and whose jobs workers are killed all the time, goes live, is one Job a stage, makes the bytes that processes make, and keeps its log whole',
  { timeout: 1_800_000 + kills * 120_000 },
  async () => {
    const told: number[] = [];
    const asProcesses = await playAsProcesses();
    const killer = openWorkerKiller(stack, store.environment, createRandom(7));
    try {
      while (told.reduce((sum, count) => sum + count, 0) < kills) {
        const playing = playRun(admin, stack, { reuse: false });
        told.push(await killer.killUntil(playing));
        expectWhole(await playing, asProcesses);
        expect(await listSeenJobs(admin)).toEqual([]);
      }
    } finally {
      killer.stop();
    }
    process.stdout.write(`${told.length} runs went live, whose jobs workers were killed ${told.join(', ')} times\n`);
  },
);

function expectWhole({ status, jobs, log }: Played, asProcesses: RunStatus): void {
  expect(status.stages.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => 'done'));
  expect(status.stages.slice(0, 5).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
  expect(stagesOf(jobs)).toEqual(jobStages);
  expect(new Set(jobs.map(({ gpus, node }) => [gpus, node].join(' on ')))).toEqual(new Set([`1 on ${nodeName}`]));
  expect(digests(status)).toEqual(digests(asProcesses));
  expect(log).toMatch(/"phase": ?"train".*"train_loss"/u);
  expect(stepsIn(log)).toEqual([...new Set(stepsIn(log))].toSorted((one, next) => one - next));
  expect(log).not.toContain('lines are missing here');
}

async function openStack(bucket: string, platform: (corpus: string) => JsonObject): Promise<StackUnderTest> {
  return startStack({ storeUri: `s3://${bucket}/windlass`, environment: store.environment, platform });
}

async function playAsProcesses(): Promise<RunStatus> {
  const other = await openStack('processes', () => ({}));
  try {
    return (await playRun(admin, other)).status;
  } finally {
    await other.down();
  }
}

function clusterJobs(corpus: string): JsonObject {
  return { jobs: jobsOnCluster({ kubeconfig: inject('kubeconfig'), store, corpus }) };
}

function stepsIn(log: string): readonly number[] {
  return [...log.matchAll(/^\{.*"phase": ?"train".*"step": ?(\d+)/gmu)].map(([, step]) => Number(step));
}

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}
