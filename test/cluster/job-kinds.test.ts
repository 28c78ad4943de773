import { chmod, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildJobDocument as buildDocument } from '../../src/activities/job-document.ts';
import { corePath } from '../../src/adapters/kubernetes/job-api.ts';
import { pathOfResource, wrapperResources } from '../../src/adapters/kubernetes/job-kinds.ts';
import { wrappedJobName, wrapperName } from '../../src/adapters/kubernetes/job-name.ts';
import type { JobDocument, JobHandle } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { KubernetesJobProfile } from '../../src/contracts/platform.ts';
import { buildJobDocument, describeJobRunner, outputFile } from '../adapters/job-runner.contract.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { isThere, openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';
import { labNamespace } from './namespace.ts';
import { runWorker } from './run-worker.ts';

const waiting = { timeout: 60_000, interval: 50 };
let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(() => closeJobsFolder(root));

async function open(profile: Partial<KubernetesJobProfile>): Promise<ClusterJobs> {
  return openClusterJobs({ kubeconfig: inject('kubeconfig'), root, profile });
}

describe.each(['JobSet', 'TrainJob'] as const)('jobs as %ss, made by the controller of that project', (kind) => {
  describeJobRunner('kubernetes', async () => {
    const { runner } = await open({ kind });
    return { runner, outputRoot: path.join(root, 'output'), clockResolutionMs: 1000 };
  });

  interface Submitted extends ClusterJobs {
    readonly document: JobDocument;
    readonly handle: JobHandle;
  }

  async function submit(parameters: JsonObject, profile: Partial<KubernetesJobProfile> = {}): Promise<Submitted> {
    const jobs = await open({ kind, ...profile });
    const document = buildJobDocument(path.join(root, 'output'), parameters);
    return { ...jobs, document, handle: await jobs.runner.submit(document) };
  }

  function wrapperPath({ name }: JobHandle): string {
    return `${pathOfResource(wrapperResources[kind], labNamespace)}/${wrapperName(name)}`;
  }

  it('are as many pods as nodes, which find each other by name and are listed as one job', async () => {
    const { runner, document, handle } = await submit({ meet: true }, { nodes: 2 });
    const over = { kind: 'exited', exitCode: 0 };
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toEqual(over), waiting);
    const met = await readFile(outputFile(document, 'met.txt'), 'utf8');
    expect(met.trim().split('\n').toSorted()).toEqual(['hello from 0', 'hello from 1']);
    expect(await runner.list()).toContainEqual(expect.objectContaining({ handle, gpus: 2 }));
    await runner.remove(handle);
    expect(await runner.inspect(handle)).toEqual(over);
  });

  it('are gone with all that came of them when they are removed, and end as their pods did', async () => {
    const gang = await submit({ wait: true, onSigterm: 75 }, { nodes: 2 });
    const { runner, handle, api, document } = gang;
    const started = outputFile(document, 'started.txt');
    await vi.waitFor(async () => expect((await readFile(started, 'utf8')).trim().split('\n')).toHaveLength(2), waiting);
    const service = `${corePath(labNamespace)}/services/${wrapperName(handle.name)}`;
    expect(await isThere(gang, service)).toBe(true);
    await runner.remove(handle);
    expect(await api.listPods(handle.id)).toEqual([]);
    expect(await isThere(gang, wrapperPath(handle))).toBe(false);
    expect((await api.findJob(wrappedJobName(handle.name))).job).toBeNull();
    await vi.waitFor(async () => expect(await isThere(gang, service)).toBe(false), waiting);
    expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
  });

  it('are lost where somebody deletes their Job, and what would make it again goes when they are removed', async () => {
    const job = await submit({ wait: true });
    const { runner, handle, api } = job;
    await api.deleteJob(wrappedJobName(handle.name), handle.id);
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost' }), waiting);
    await runner.remove(handle);
    expect(await isThere(job, wrapperPath(handle))).toBe(false);
    await vi.waitFor(async () => expect((await api.findJob(wrappedJobName(handle.name))).job).toBeNull(), waiting);
  });

  it('stay the only ones where the platform file gets another kind', async () => {
    const { runner, handle, document } = await submit({ wait: true });
    const others = (['Job', 'JobSet', 'TrainJob'] as const).filter((other) => other !== kind);
    for (const other of others) {
      const changed = await open({ kind: other });
      await expect(changed.runner.submit(document)).rejects.toMatchObject({ failure: 'Conflict' });
    }
    const standing = await runner.list();
    expect(standing.flatMap((one) => (one.handle.name === handle.name ? [one.handle] : []))).toEqual([handle]);
    await runner.remove(handle);
  });

  it('wait as suspended where a queue holds them, and go on when it lets them through', async () => {
    const job = await submit({ exitCode: 0, wait: true });
    const { runner, handle, client } = job;
    await client({ method: 'PATCH', path: wrapperPath(handle), body: { spec: { suspend: true } } });
    await vi.waitFor(
      async () =>
        expect(await runner.inspect(handle)).toMatchObject({
          kind: 'queued',
          reason: expect.stringMatching(/^suspended: /u) as string,
        }),
      waiting,
    );
    await client({ method: 'PATCH', path: wrapperPath(handle), body: { spec: { suspend: false } } });
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toEqual({ kind: 'running' }), waiting);
    await runner.remove(handle);
  });
});

/** Another processor time is another runtime, which the webhook has not seen when the TrainJob comes. */
const killed = [
  ['JobSet', 'before POST 1', '51m'],
  ['JobSet', 'after POST 1', '51m'],
  ['TrainJob', 'before POST 2', '52m'],
  ['TrainJob', 'after POST 2', '53m'],
] as const;

it.each(killed)(
  'a worker that submits a %s and is killed %s leaves a job to the next one',
  async (kind, killAt, cpu) => {
    const runId = `killed-${kind}-${cpu}-${killAt}`.toLowerCase().replaceAll(' ', '-');
    const request = { ...jobRequest({ runId }), parameters: { print: ['once'] } };
    const document = buildDocument(request, pathToFileURL(path.join(root, 'store')).href);
    const output = fileURLToPath(document.output.uri);
    await mkdir(output, { recursive: true });
    await chmod(output, 0o777);
    const [stateFile, pointsFile] = ['state', 'points'].map((name) => path.join(root, `${runId}-${name}.json`)) as [
      string,
      string,
    ];
    const kubeconfig = inject('kubeconfig');
    const options = { kubeconfig, root, request, profile: { kind, cpu }, stateFile, pointsFile };
    expect(await runWorker({ ...options, killAt })).toBe('SIGKILL');
    expect(await runWorker({ ...options, killAt: null })).toBe(0);
    expect((await readFile(outputFile(document, 'runs.txt'), 'utf8')).trim().split('\n')).toHaveLength(1);
    const { end } = JSON.parse(await readFile(stateFile, 'utf8')) as { readonly end: unknown };
    expect(end).toMatchObject({ kind: 'exited', exitCode: 0 });
  },
);
