import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { JobActivities } from '../../src/activities/job-activities.ts';
import { createJobActivities } from '../../src/activities/job-activities.ts';
import { createArtifactStore } from '../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import type { ApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createJobApi } from '../../src/adapters/kubernetes/job-api.ts';
import { createKubernetesJobRunner } from '../../src/adapters/kubernetes/job-runner.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { createPodLogStream } from '../../src/adapters/kubernetes/pod-log-stream.ts';
import type { JobEnd, JobHandle, JobOutcome, JobRequest } from '../../src/contracts/job.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createFakeTracking } from '../fakes/fake-tracking.ts';
import { clusterPlatform } from './job-pods.ts';

/** Where the worker is killed; `…2` and the like count how often it has come by. */
export interface KilledWorkerOptions {
  readonly kubeconfig: string;
  readonly root: string;
  readonly profile?: Partial<KubernetesJobProfile>;
  readonly request: JobRequest;
  /** What Temporal would hold of the run: heartbeats, results of activities; and what was sent to MLflow. */
  readonly stateFile: string;
  readonly pointsFile: string;
  /** Null: it is not killed any more. */
  readonly killAt: string | null;
}

interface RunState {
  readonly handle?: JobHandle;
  readonly heartbeat?: unknown;
  readonly end?: JobEnd;
  readonly outcome?: JobOutcome;
}

/*
 * A worker in a process of its own: plays the activities of one job, submit, await, collect, from where the run stands, and is killed
 * (`kill -9`) at a place that it comes by.
 */
const options = JSON.parse(process.argv[2] ?? '') as KilledWorkerOptions;
const passed = new Map<string, number>();

function pass(place: string): void {
  const count = (passed.get(place) ?? 0) + 1;
  passed.set(place, count);
  if (options.killAt === `${place} ${count}`) process.kill(process.pid, 'SIGKILL');
}

function readState(): RunState {
  return existsSync(options.stateFile) ? (JSON.parse(readFileSync(options.stateFile, 'utf8')) as RunState) : {};
}

function change(changes: RunState): void {
  writeFileSync(`${options.stateFile}.new`, JSON.stringify({ ...readState(), ...changes }));
  renameSync(`${options.stateFile}.new`, options.stateFile);
}

function withPlaces(client: ApiClient): ApiClient {
  return async (request) => {
    if (request.method === 'GET') return client(request);
    pass(`before ${request.method}`);
    const answer = await client(request);
    pass(`after ${request.method}`);
    return answer;
  };
}

function withWrites(objects: ObjectStore): ObjectStore {
  return {
    ...objects,
    putIfAbsent: async (key, bytes) => {
      const place = key.includes('/log/') ? 'piece' : path.basename(key);
      pass(`before ${place}`);
      const isFirst = await objects.putIfAbsent(key, bytes);
      pass(`after ${place}`);
      return isFirst;
    },
  };
}

async function openActivities(): Promise<JobActivities> {
  const { kubeconfig, root, profile } = options;
  const usual = clusterPlatform(kubeconfig, root);
  const platform = { ...usual, defaults: { ...usual.defaults, ...profile } };
  const server = await serverOfKubeconfig(path.join(path.dirname(kubeconfig), 'worker.kubeconfig'));
  const objects = createDirectoryStore(pathToFileURL(path.join(root, 'store')).href);
  const runner = createKubernetesJobRunner({
    platform,
    api: createJobApi(withPlaces(createApiClient(server)), platform.namespace),
    podLogs: createPodLogStream(server, platform.namespace),
    objects: withWrites(objects),
  });
  const logMetrics = async (_run: string, points: readonly object[]): Promise<void> =>
    appendFileSync(options.pointsFile, points.map((point) => `${JSON.stringify(point)}\n`).join(''));
  const tracking = { ...createFakeTracking(), logMetrics };
  const executions = { isOpen: async () => true };
  return createJobActivities({ runner, artifacts: createArtifactStore(objects), tracking, executions });
}

async function play<Result>(activity: () => Promise<Result>): Promise<Result> {
  const environment = new MockActivityEnvironment(
    { heartbeatDetails: readState().heartbeat },
    { logger: new DefaultLogger('ERROR') },
  );
  environment.on('heartbeat', (heartbeat: unknown) => {
    change({ heartbeat });
    pass('heartbeat');
  });
  return environment.run<[], Result, () => Promise<Result>>(activity);
}

const activities = await openActivities();
const { request } = options;
const { stage, stageKey } = request;
const handle = readState().handle ?? (await play(async () => activities.submitJob(request)));
change({ handle });
const job = { stage, stageKey, handle, trackingRunId: 'mlflow-1' };
const end = readState().end ?? (await play(async () => activities.awaitJob(job)));
change({ end });
pass('before collect');
const outcome = readState().outcome ?? (await play(async () => activities.collectJob({ ...job, end })));
change({ outcome });
