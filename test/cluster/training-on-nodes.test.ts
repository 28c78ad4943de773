import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { KubernetesJobKind } from '../../src/contracts/platform.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { StackUnderTest } from '../integration/stack-under-test.ts';
import { startStack } from '../integration/stack-under-test.ts';
import type { ClusterStore } from './cluster-store.ts';
import { startClusterStore } from './cluster-store.ts';
import { jobsOnCluster } from './job-stages.ts';
import { jobStages, playRun, stagesOf } from './played-run.ts';

let store: ClusterStore;
let admin: ApiClient;
let stack: StackUnderTest | null = null;

beforeAll(async () => {
  admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  store = await startClusterStore(admin, ['jobs', 'kinds']);
});
afterEach(async () => {
  await stack?.down();
  stack = null;
});
afterAll(() => store.stop());

interface Kinds {
  /** Of what has run in another bucket, nothing is reused. */
  readonly bucket: string;
  readonly others: KubernetesJobKind;
  readonly training: KubernetesJobKind;
}

async function openStack({ bucket, others, training }: Kinds): Promise<StackUnderTest> {
  const platform = (corpus: string): JsonObject => ({
    jobs: {
      ...jobsOnCluster({ kubeconfig: inject('kubeconfig'), store, corpus, profile: { kind: others } }),
      stages: { train: { kind: training, nodes: 2, gpus: 2 } },
    },
  });
  stack = await startStack({ storeUri: `s3://${bucket}/windlass`, environment: store.environment, platform });
  return stack;
}

test.each<Kinds>([
  { bucket: 'jobs', others: 'Job', training: 'Job' },
  { bucket: 'kinds', others: 'JobSet', training: 'TrainJob' },
])('a run of $others whose training is a $training with two pods of two processes goes live', async (kinds) => {
  const opened = await openStack(kinds);
  const { status, jobs, log } = await playRun(admin, opened);
  expect(stagesOf(jobs)).toEqual(jobStages);
  const trained = status.stages.find(({ stage }) => stage === 'train');
  expect(trained).toMatchObject({ state: 'done', attempts: 1 });
  const shown = await opened.windlass('artifacts', 'show', trained?.artifact?.digest ?? '', '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject({ manifest: { attributes: { world: { ranks: 4, device: 'cpu' } } } });
  expect(log).toMatch(/"step": ?300\b/u);
  const figures = await figuresOfJobsWorker(opened);
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
async function figuresOfJobsWorker({ state }: StackUnderTest): Promise<string> {
  const url = state.endpoints.workers['jobs-worker']?.metricsUrl ?? '';
  return (await fetch(url)).text();
}
