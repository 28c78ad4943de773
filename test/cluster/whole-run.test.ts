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
    const { status: onCluster, jobs, log, figures } = await playedOn('cluster', clusterJobs);
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
    for (const stage of jobs.map((job) => job.stage))
      expect(figures).toContain(`windlass_jobs_ended_total{outcome="succeeded",runner="kubernetes",stage="${stage}"`);
    for (const figure of clusterFigures) expect(figures).toMatch(figure);
    const { status: asProcesses } = await playedOn('processes', () => ({}));
    expect(digests(onCluster)).toEqual(digests(asProcesses));
  },
);

interface Played {
  readonly status: RunStatus;
  readonly jobs: readonly SeenJob[];
  /** Of the training. */
  readonly log: string;
  /** Of the jobs worker, for Prometheus. */
  readonly figures: string;
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
  const url = stack.state.endpoints.workers['jobs-worker']?.metricsUrl ?? '';
  const figures = await (await fetch(url)).text();
  return { status, jobs: [...sightings.jobs.values()], log: log.stdout, figures };
}

/** Jobs deleted, two watches that listed, logs that were kept, times that were known. */
const clusterFigures = [
  /^windlass_kubernetes_requests_total\{code="201",method="POST",.*\} [1-9]/mu,
  /^windlass_kubernetes_requests_total\{code="200",method="DELETE",.*\} [5-9]$/mu,
  /^windlass_watch_lists_total\{resource="jobs",.*\} [1-9]/mu,
  /^windlass_watch_lists_total\{resource="pods",.*\} [1-9]/mu,
  /^windlass_watch_staleness_seconds\{.*\} \d/mu,
  /^windlass_log_bytes_total\{.*\} [1-9]\d{3}/mu,
  /^windlass_job_running_seconds_count\{outcome="succeeded",stage="train",.*\} 1$/mu,
];

function clusterJobs(corpus: string): JsonObject {
  return { jobs: jobsOnCluster({ kubeconfig: inject('kubeconfig'), store, corpus }) };
}

function digests(run: RunStatus): unknown[] {
  return run.stages.slice(0, 4).map(({ stage, artifact }) => [stage, artifact?.digest]);
}
