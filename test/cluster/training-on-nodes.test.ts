import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import { startStack } from '../integration/stack-under-test.ts';
import type { ClusterStore } from './cluster-store.ts';
import { startClusterStore } from './cluster-store.ts';
import { jobsOnCluster } from './job-stages.ts';
import { jobStages, playRun, stagesOf } from './played-run.ts';

let store: ClusterStore;
let admin: ApiClient;
let stack: StackUnderTest;

beforeAll(async () => {
  admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  store = await startClusterStore(admin, ['nodes']);
  const platform = (corpus: string): JsonObject => ({
    jobs: {
      ...jobsOnCluster({ kubeconfig: inject('kubeconfig'), store, corpus }),
      stages: { train: { nodes: 2, gpus: 2 } },
    },
  });
  stack = await startStack({ storeUri: 's3://nodes/windlass', environment: store.environment, platform });
});
afterAll(async () => {
  await stack.down();
  await store.stop();
});

test('a run whose training has two pods of two processes each goes live, and the checkpoint says so', async () => {
  const { status, jobs, log } = await playRun(admin, stack);
  expect(stagesOf(jobs)).toEqual(jobStages);
  const training = status.stages.find(({ stage }) => stage === 'train');
  expect(training).toMatchObject({ state: 'done', attempts: 1 });
  const shown = await stack.windlass('artifacts', 'show', training?.artifact?.digest ?? '', '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject({ manifest: { attributes: { world: { ranks: 4, device: 'cpu' } } } });
  expect(log).toMatch(/"step": ?300\b/u);
  const figures = await figuresOfJobsWorker();
  for (const stage of jobStages)
    expect(figures).toContain(`windlass_jobs_ended_total{outcome="succeeded",runner="kubernetes",stage="${stage}"`);
  for (const figure of clusterFigures) expect(figures).toMatch(figure);
});

/** Jobs and a Service made, Jobs deleted, two watches that listed, logs that were kept, times that were known. */
const clusterFigures = [
  /^windlass_kubernetes_requests_total\{code="201",method="POST",.*\} [1-9]/mu,
  /^windlass_kubernetes_requests_total\{code="200",method="DELETE",.*\} [5-9]$/mu,
  /^windlass_watch_lists_total\{resource="jobs",.*\} [1-9]/mu,
  /^windlass_watch_lists_total\{resource="pods",.*\} [1-9]/mu,
  /^windlass_watch_staleness_seconds\{.*\} \d/mu,
  /^windlass_log_bytes_total\{.*\} [1-9]\d{3}/mu,
  /^windlass_job_running_seconds_count\{outcome="succeeded",stage="train",.*\} 1$/mu,
];

/** As Prometheus gets them. */
async function figuresOfJobsWorker(): Promise<string> {
  const url = stack.state.endpoints.workers['jobs-worker']?.metricsUrl ?? '';
  return (await fetch(url)).text();
}
