import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';

import { nearestRank } from '../../src/activities/smoke/percentiles.ts';
import { jobsPath } from '../../src/adapters/kubernetes/job-api.ts';
import { kubernetesName } from '../../src/adapters/kubernetes/job-name.ts';
import { workerServer } from '../../test/cluster/cluster-jobs.ts';
import { labNamespace } from '../../test/cluster/namespace.ts';
import type { RecordingProxy } from '../../test/cluster/recording-proxy.ts';
import { startRecordingProxy } from '../../test/cluster/recording-proxy.ts';
import type { BenchCluster } from '../lab/bench-cluster.ts';
import type { FollowOrder, FollowReport } from './follow-order.ts';
import { jobNameOf, probeAnnotation } from './follow-order.ts';

export interface FollowFigures {
  readonly requests: number;
  /** Less those that submit. */
  readonly requestsToFollow: number;
  readonly connections: number;
  readonly serverProcessorMs: number;
  readonly idleMib: number;
  readonly memoryMib: number;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  /** Changes whose arrival was measured. */
  readonly changes: number;
  readonly endedMs: number;
  readonly lost: number;
}

const execute = promisify(execFile);
const worker = fileURLToPath(new URL('follow-worker.ts', import.meta.url));
const probeEveryMs = 100;
const megabytes = 64 * 2 ** 20;

/** Submits that many jobs at once in a process of its own, which follows them to their end, while somebody changes one after the other. */
export async function followJobs(
  cluster: BenchCluster,
  { by, jobs }: Pick<FollowOrder, 'by' | 'jobs'>,
): Promise<FollowFigures> {
  const proxy = await startRecordingProxy(await workerServer(cluster.kubeconfig));
  const { kubeconfig, root, script } = cluster;
  const order: FollowOrder = { by, jobs, kubeconfig, root, script, url: proxy.server.url };
  const probing = new AbortController();
  const probes = probe(cluster, order, probing.signal);
  const serverBeganMs = await cluster.serverProcessorMs();
  try {
    const { stdout } = await execute(process.execPath, [worker, JSON.stringify(order)], { maxBuffer: megabytes });
    const serverProcessorMs = (await cluster.serverProcessorMs()) - serverBeganMs;
    return figuresOf({ ...(JSON.parse(stdout) as FollowReport), serverProcessorMs }, proxy);
  } finally {
    probing.abort();
    await probes;
    proxy.close();
    await cluster.removeJobs();
  }
}

/** Writes the time into one Job after the other: whoever sees it knows how late that is. */
async function probe({ client }: BenchCluster, { by, jobs }: FollowOrder, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const name = kubernetesName(jobNameOf(by, randomInt(jobs)));
    const body = { metadata: { annotations: { [probeAnnotation]: String(Date.now()) } } };
    await client({ method: 'PATCH', path: `${jobsPath(labNamespace)}/${name}`, body }).catch(() => {});
    await delay(probeEveryMs, undefined, { signal: stopped }).catch(() => {});
  }
}

function figuresOf(
  { lagsMs, ...report }: FollowReport & { readonly serverProcessorMs: number },
  { requests, connections }: RecordingProxy,
): FollowFigures {
  const submits = requests.filter(({ method }) => method === 'POST').length;
  return {
    ...report,
    requests: requests.length,
    requestsToFollow: requests.length - submits,
    connections: connections(),
    lagP50Ms: Math.round(nearestRank(lagsMs, 0.5)),
    lagP99Ms: Math.round(nearestRank(lagsMs, 0.99)),
    changes: lagsMs.length,
  };
}
