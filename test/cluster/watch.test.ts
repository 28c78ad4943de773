import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createJobWatch } from '../../src/adapters/kubernetes/job-watch.ts';
import type { JobDocument, JobHandle, JobState } from '../../src/contracts/job.ts';
import { buildJobDocument, goOn, hasStarted } from '../adapters/job-runner.contract.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { openClusterJobs, workerServer } from './cluster-jobs.ts';
import { compactEtcd } from './etcd-compaction.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import { labNamespace } from './namespace.ts';
import type { Mend } from './outage.ts';
import { freeze, takeAway } from './outage.ts';
import { startRecordingProxy } from './recording-proxy.ts';

/** With `WINDLASS_OUTAGE_SECONDS=60` they are longer. */
const outageMs = Number(process.env['WINDLASS_OUTAGE_SECONDS'] ?? 12) * 1000;
const jobsAtOnce = 3;
const patience = { timeout: 90_000, interval: 100 };
const directory = path.dirname(inject('kubeconfig'));
let root: string;
let jobs: ClusterJobs;

beforeAll(async () => {
  root = await openJobsFolder();
  jobs = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
});
afterAll(async () => {
  await jobs.watch.close();
  await closeJobsFolder(root);
});

async function untilServing(): Promise<void> {
  await vi.waitFor(() => jobs.client({ method: 'GET', path: '/readyz' }), patience);
}

async function submit(): Promise<{ readonly document: JobDocument; readonly handle: JobHandle }> {
  const document = buildJobDocument(path.join(root, 'output'), { wait: true, exitCode: 0 });
  return { document, handle: await jobs.runner.submit(document) };
}

it('a watch whose version etcd has forgotten lists anew, and sees what changes then', async () => {
  const proxy = await startRecordingProxy(await workerServer(inject('kubeconfig')));
  const watch = createJobWatch({ server: proxy.server, namespace: labNamespace });
  const { document, handle } = await submit();
  try {
    watch.start();
    await vi.waitFor(() => expect(watch.find(handle.id).job).not.toBeNull(), patience);
    proxy.cut();
    await hasStarted(document);
    const giveBack = await takeAway(directory, 'kube-apiserver');
    await compactEtcd(inject('etcdUrl'));
    await giveBack();
    await untilServing();
    proxy.mend();
    const podPhase = (): string | undefined => watch.find(handle.id).pods[0]?.status.phase;
    await vi.waitFor(() => expect([watch.freshness(), podPhase()]).toEqual(['fresh', 'Running']), patience);
    const refused = proxy.requests.filter(({ status, text }) => status === 410 || /"code":410/u.test(text));
    expect(refused.map(({ url }) => url.pathname.split('/').at(-1))).toContain('jobs');
    await goOn(document);
    await vi.waitFor(() => expect(podPhase()).toBe('Succeeded'), patience);
  } finally {
    await jobs.runner.remove(handle);
    await watch.close();
    proxy.close();
  }
});

interface Outage {
  readonly program: Parameters<typeof freeze>[1];
  readonly what: string;
  readonly begin: (directory: string, program: Outage['program']) => Promise<Mend>;
}

const outages: readonly Outage[] = [
  { program: 'kube-apiserver', what: 'killed', begin: takeAway },
  { program: 'kube-apiserver', what: 'frozen', begin: freeze },
  { program: 'etcd', what: 'killed', begin: takeAway },
  { program: 'etcd', what: 'frozen', begin: freeze },
];

/** What a follower sees of a job until it has ended, looking as often as a worker does. */
async function follow({ handle }: { readonly handle: JobHandle }): Promise<readonly JobState[]> {
  const states: JobState[] = [];
  for (;;) {
    const state = await jobs.runner.inspect(handle);
    states.push(state);
    if (state.kind === 'exited' || state.kind === 'lost') return states;
    await jobs.runner.readProgress(handle, 0);
    await delay(250);
  }
}

describe('jobs that end while the control plane is taken away', () => {
  it.each(outages)(
    '$program is $what: no look fails, and their ends are seen afterwards',
    async ({ program, begin }) => {
      const submitted = await Promise.all(Array.from({ length: jobsAtOnce }, submit));
      try {
        await Promise.all(submitted.map(async ({ document }) => hasStarted(document)));
        await vi.waitFor(async () => {
          for (const { handle } of submitted) expect(await jobs.runner.inspect(handle)).toEqual({ kind: 'running' });
        }, patience);
        const followed = Promise.all(submitted.map(follow));
        await vi.waitFor(() => expect(jobs.watch.freshness()).toBe('fresh'), patience);
        const mend = await begin(directory, program);
        const beganMs = performance.now();
        await Promise.all(submitted.map(async ({ document }) => goOn(document)));
        await delay(outageMs);
        await mend();
        for (const states of await followed) {
          expect(states.at(-1)).toEqual({ kind: 'exited', exitCode: 0 });
        }
        process.stdout.write(
          `${program} away for ${outageMs / 1000} s: ends seen after ${((performance.now() - beganMs) / 1000).toFixed(1)} s\n`,
        );
      } finally {
        await untilServing();
        await Promise.all(submitted.map(async ({ handle }) => jobs.runner.remove(handle)));
      }
    },
  );
});
