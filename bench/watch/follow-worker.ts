// A process that submits jobs and follows them to their end: `node bench/watch/follow-worker.ts '<order as JSON>'`.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { createPollClock } from '../../src/activities/job-poll.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createJobApi } from '../../src/adapters/kubernetes/job-api.ts';
import { createAskingLooks, createWatchedLooks } from '../../src/adapters/kubernetes/job-looks.ts';
import { kubernetesName } from '../../src/adapters/kubernetes/job-name.ts';
import { createKubernetesJobRunner } from '../../src/adapters/kubernetes/job-runner.ts';
import { createJobWatch } from '../../src/adapters/kubernetes/job-watch.ts';
import type { ObservedJob } from '../../src/adapters/kubernetes/observed.ts';
import { createPodLogStream } from '../../src/adapters/kubernetes/pod-log-stream.ts';
import { createLimitsOf } from '../../src/adapters/kubernetes/wait-limits.ts';
import { inParallel } from '../../src/contracts/in-parallel.ts';
import type { JobHandle, JobState } from '../../src/contracts/job.ts';
import { testDocument } from '../../test/adapters/kubernetes/kubernetes-platform.ts';
import { workerServer } from '../../test/cluster/cluster-jobs.ts';
import { benchPlatform } from '../lab/bench-platform.ts';
import type { FollowOrder, FollowReport } from './follow-order.ts';
import { jobNameOf, probeAnnotation } from './follow-order.ts';

const submitsAtOnce = 20;
const pollMs = 1_000;

const order = JSON.parse(process.argv[2] ?? '') as FollowOrder;
const platform = benchPlatform(order);
const server = { ...(await workerServer(order.kubeconfig)), url: order.url };
const api = createJobApi(createApiClient(server), platform.namespace);
const objects = createDirectoryStore(pathToFileURL(path.join(order.root, `store-${order.by}`)).href);
const podLogs = createPodLogStream(server, platform.namespace);
const runner = createKubernetesJobRunner({ platform, api, podLogs, objects });
const seen = new Map<string, string>();
const lagsMs: number[] = [];
const watch = createJobWatch({
  server,
  namespace: platform.namespace,
  onChange: (jobUid) => noteProbe(watch.find(jobUid).job),
});
const looking = { api, limitsOf: createLimitsOf(platform) };
const looks = order.by === 'watch' ? createWatchedLooks(looking, watch) : createAskingLooks(looking);

process.stdout.write(JSON.stringify(await play()));
await watch.close();

async function play(): Promise<FollowReport> {
  const idleMib = memoryMib();
  const beganMs = performance.now();
  const states: JobState[] = [];
  const followed: Promise<void>[] = [];
  const names = Array.from({ length: order.jobs }, (_, index) => jobNameOf(order.by, index));
  await inParallel(names, submitsAtOnce, async (jobName) => {
    const handle = await runner.submit({ ...testDocument, jobName });
    followed.push(follow(handle).then((state) => void states.push(state)));
  });
  await Promise.all(followed);
  const lost = states.filter((state) => state.kind !== 'exited' || state.exitCode !== 0).length;
  return { idleMib, memoryMib: memoryMib(), lagsMs, endedMs: performance.now() - beganMs, lost };
}

/** As often as a worker looks, or once a second. */
async function follow({ name, id }: JobHandle): Promise<JobState> {
  const clock = createPollClock();
  for (;;) {
    const { observation, job } = await looks.look({ names: [kubernetesName(name)], uid: id });
    if (order.by === 'poll') noteProbe(job);
    const { state } = observation;
    if (state.kind === 'exited' || state.kind === 'lost') return state;
    await delay(order.by === 'watch' ? clock(state.kind, Date.now()) : pollMs);
  }
}

function noteProbe(job: ObservedJob | null): void {
  const written = job?.metadata.annotations[probeAnnotation];
  if (job === null || written === undefined || seen.get(job.metadata.uid) === written) return;
  seen.set(job.metadata.uid, written);
  lagsMs.push(Date.now() - Number(written));
}

/** The most that it was so far. */
function memoryMib(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
