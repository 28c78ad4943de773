import { chmod, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildJobDocument as buildDocument } from '../../src/activities/job-document.ts';
import { corePath, jobsPath } from '../../src/adapters/kubernetes/job-api.ts';
import { completionIndexKey } from '../../src/adapters/kubernetes/job-metadata.ts';
import { kubernetesName } from '../../src/adapters/kubernetes/job-name.ts';
import type { JobDocument, JobHandle } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import { buildJobDocument, outputFile } from '../adapters/job-runner.contract.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { isThere, openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import { labNamespace } from './namespace.ts';
import { runWorker } from './run-worker.ts';

const waiting = { timeout: 60_000, interval: 50 };
const nodes = 2;
let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(() => closeJobsFolder(root));

interface Gang extends ClusterJobs {
  readonly document: JobDocument;
  readonly handle: JobHandle;
}

async function submit(parameters: JsonObject, profile: Partial<KubernetesJobProfile> = {}): Promise<Gang> {
  const jobs = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root, profile: { nodes, ...profile } });
  const document = buildJobDocument(path.join(root, 'output'), parameters);
  return { ...jobs, document, handle: await jobs.runner.submit(document) };
}

async function linesOf(document: JobDocument, name: string): Promise<readonly string[]> {
  const text = await readFile(outputFile(document, name), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** All pods have done all but wait and end. */
async function haveStarted({ document }: Gang): Promise<void> {
  await vi.waitFor(async () => expect(await linesOf(document, 'started.txt')).toHaveLength(nodes), waiting);
}

function serviceOf({ name }: JobHandle): string {
  return `${corePath(labNamespace)}/services/${kubernetesName(name)}`;
}

async function podNameOf({ api, handle }: Gang, index: number): Promise<string> {
  const pods = await api.listPods(handle.id);
  return pods.find(({ metadata }) => metadata.annotations[completionIndexKey] === `${index}`)?.metadata.name ?? '';
}

describe('a training on two nodes of a real cluster', () => {
  it('is two pods that find each other by name, exchange a word and end with 0', async () => {
    const { runner, document, handle } = await submit({ meet: true });
    await vi.waitFor(
      async () => expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 0 }),
      waiting,
    );
    expect((await linesOf(document, 'met.txt')).toSorted()).toEqual(['hello from 0', 'hello from 1']);
    expect((await runner.readLog(handle, 0, 1000)).text).toBe('hello from 1\n');
    expect(await runner.list()).toContainEqual(expect.objectContaining({ handle, gpus: nodes }));
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it.each<readonly [JsonObject, object]>([
    [
      { exitCode: 75, wait: false },
      { kind: 'exited', exitCode: 75 },
    ],
    [
      { exitCode: 137, wait: false },
      { kind: 'exited', exitCode: 137 },
    ],
    [{ allocateMiB: 400 }, { kind: 'exited', exitCode: 137, outOfMemory: true }],
  ])('ends as the pod that failed: %j', async (own, end) => {
    const { runner, handle } = await submit({
      wait: true,
      onSigterm: 75,
      pods: { '1': { ...own, print: ['the second'] } },
    });
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toEqual(end), waiting);
    expect(await runner.logTail(handle)).toBe('the second');
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toEqual(end);
  });

  it('is preempted where the cluster took one of its pods, which is gone before the other has ended', async () => {
    const gang = await submit({ wait: true, onSigterm: 143, pods: { '0': { onSigterm: 'ignore' } } });
    const { runner, handle, client, api } = gang;
    await haveStarted(gang);
    const name = await podNameOf(gang, 1);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
    await client({ method: 'POST', path: `${corePath(labNamespace)}/pods/${name}/eviction`, body: eviction });
    await vi.waitFor(async () => expect(await api.listPods(handle.id)).toHaveLength(1), waiting);
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
    const preempted = { kind: 'lost', failure: 'Preempted' };
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toMatchObject(preempted), waiting);
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toMatchObject(preempted);
  });

  it('waits while one of its pods does, and is given up with all of them', async () => {
    const gang = await submit({ wait: true, onSigterm: 75 }, { gpus: 5 });
    const { runner, handle, api } = gang;
    await vi.waitFor(
      async () =>
        expect(await runner.inspect(handle)).toMatchObject({
          kind: 'queued',
          reason: expect.stringMatching(/^unschedulable: .*Insufficient nvidia.com\/gpu/) as string,
        }),
      waiting,
    );
    await vi.waitFor(async () => expect(await linesOf(gang.document, 'started.txt')).toHaveLength(1), waiting);
    expect(await runner.timeOf(handle)).toBeNull();
    const hasty = await openClusterJobs({
      kubeconfig: inject('kubeconfig'),
      root,
      profile: { nodes, queueSeconds: 1 },
    });
    const givenUp = { kind: 'lost', failure: 'QueueTimedOut' };
    await vi.waitFor(async () => expect(await hasty.runner.inspect(handle)).toMatchObject(givenUp), waiting);
    await hasty.runner.remove(handle);
    expect(await api.listPods(handle.id)).toEqual([]);
    expect(await hasty.runner.inspect(handle)).toMatchObject(givenUp);
  });

  it('is gone with its pods and its Service when it is removed, and ends as its pods did', async () => {
    const gang = await submit({ wait: true, onSigterm: 75 });
    const { runner, handle, api } = gang;
    await haveStarted(gang);
    expect(await isThere(gang, serviceOf(handle))).toBe(true);
    await runner.remove(handle);
    expect(await api.listPods(handle.id)).toEqual([]);
    expect(await isThere(gang, `${jobsPath(labNamespace)}/${kubernetesName(handle.name)}`)).toBe(false);
    await vi.waitFor(async () => expect(await isThere(gang, serviceOf(handle))).toBe(false), waiting);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
  });

  it('goes on with the next worker where one was killed between the Job and its Service', async () => {
    const request = { ...jobRequest({ runId: 'killed-gang' }), parameters: { meet: true } };
    const document = buildDocument(request, pathToFileURL(path.join(root, 'store')).href);
    const output = fileURLToPath(document.output.uri);
    await mkdir(output, { recursive: true });
    await chmod(output, 0o777);
    const at = (name: string): string => path.join(root, `gang-${name}.json`);
    const kubeconfig = inject('kubeconfig');
    const options = { kubeconfig, root, request, profile: { nodes }, stateFile: at('state'), pointsFile: at('points') };
    const jobs = await openClusterJobs({ kubeconfig, root });
    const service = `${corePath(labNamespace)}/services/${kubernetesName(document.jobName)}`;
    expect(await runWorker({ ...options, killAt: 'after POST 1' })).toBe('SIGKILL');
    expect(await isThere(jobs, `${jobsPath(labNamespace)}/${kubernetesName(document.jobName)}`)).toBe(true);
    expect(await isThere(jobs, service)).toBe(false);
    expect(await runWorker({ ...options, killAt: null })).toBe(0);
    expect((await linesOf(document, 'met.txt')).toSorted()).toEqual(['hello from 0', 'hello from 1']);
    const { end } = JSON.parse(await readFile(at('state'), 'utf8')) as { readonly end: unknown };
    expect(end).toEqual({ kind: 'exited', exitCode: 0, logTail: '' });
  });
});
