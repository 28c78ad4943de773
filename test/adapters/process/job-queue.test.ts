import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { jobPaths } from '../../../src/adapters/process/job-directory.ts';
import { createProcessJobRunner } from '../../../src/adapters/process/job-runner.ts';
import type { JobDocument, JobHandle } from '../../../src/contracts/job.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import { buildJobDocument, countRuns, goOn, hasStarted } from '../job-runner.contract.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/jobs', import.meta.url));
const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const waiting = { timeout: 60_000, interval: 25 };
const running = { kind: 'running' };
let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'windlass-queue-')));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A job directory with a limit, and as many workers on it as a test wants. */
class QueueLab {
  readonly #directory: string;
  readonly #maxParallel: number;

  private constructor(directory: string, maxParallel: number) {
    this.#directory = directory;
    this.#maxParallel = maxParallel;
  }

  static async open(maxParallel: number): Promise<QueueLab> {
    return new QueueLab(await mkdtemp(path.join(root, 'jobs-')), maxParallel);
  }

  worker(interpreter = python): JobRunner {
    return createProcessJobRunner({
      runner: 'process',
      python: interpreter,
      packageDirectory: fixtures,
      directory: this.#directory,
      maxParallel: this.#maxParallel,
      environment: process.env,
      graceMs: 3000,
    });
  }

  documents(count: number): JobDocument[] {
    return Array.from({ length: count }, () => buildJobDocument(path.join(root, 'output'), { wait: true }));
  }

  async loseQueue(): Promise<void> {
    await rm(path.join(this.#directory, '.queue'), { recursive: true });
  }

  async places(): Promise<readonly string[]> {
    return readdir(path.join(this.#directory, '.queue'));
  }

  claimFile(document: JobDocument): string {
    return jobPaths(this.#directory, document.jobName).claim;
  }

  async kill(document: JobDocument): Promise<void> {
    const { pid } = JSON.parse(await readFile(this.claimFile(document), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
  }

  async forget(document: JobDocument): Promise<void> {
    await rm(jobPaths(this.#directory, document.jobName).directory, { recursive: true });
  }
}

async function submitInOrder(runner: JobRunner, documents: readonly JobDocument[]): Promise<JobHandle[]> {
  const handles: JobHandle[] = [];
  for (const document of documents) handles.push(await runner.submit(document));
  return handles;
}

async function endJob(runner: JobRunner, document: JobDocument, handle: JobHandle): Promise<void> {
  await goOn(document);
  await vi.waitFor(async () => expect(await runner.inspect(handle)).toMatchObject({ kind: 'exited' }), waiting);
}

it('runs as many jobs at once as it may, the others in the order of their submission', async () => {
  const lab = await QueueLab.open(2);
  const runner = lab.worker();
  const documents = lab.documents(5);
  const handles = await submitInOrder(runner, documents);
  const order: number[] = [];
  for (let ended = 0; ended < documents.length; ended += 1) {
    const states = await Promise.all(handles.map((handle) => runner.inspect(handle)));
    expect(states.filter(({ kind }) => kind === 'running')).toHaveLength(Math.min(2, documents.length - ended));
    const next = states.findIndex(({ kind }) => kind === 'running');
    order.push(next);
    await endJob(runner, documents[next] as JobDocument, handles[next] as JobHandle);
  }
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(await Promise.all(documents.map(countRuns))).toEqual([1, 1, 1, 1, 1]);
  expect(await lab.places()).toEqual([]);
});

it('says what a job waits for', async () => {
  const lab = await QueueLab.open(1);
  const runner = lab.worker();
  const documents = lab.documents(3);
  const handles = await submitInOrder(runner, documents);
  expect(await runner.inspect(handles[2] as JobHandle)).toEqual({
    kind: 'queued',
    reason: 'waits for one of 1 places (jobs.maxParallel), 1 jobs before it',
  });
  for (const handle of handles) await runner.remove(handle);
});

it('keeps limit and order when the worker dies and another takes over', async () => {
  const lab = await QueueLab.open(1);
  const documents = lab.documents(3);
  const [first, second, third] = documents as [JobDocument, JobDocument, JobDocument];
  const handles = await submitInOrder(lab.worker(), documents);
  const next = lab.worker();
  expect(await Promise.all(handles.map((handle) => next.inspect(handle)))).toMatchObject([
    running,
    { kind: 'queued' },
    { kind: 'queued' },
  ]);
  await endJob(next, first, handles[0] as JobHandle);
  await hasStarted(second);
  expect(await next.inspect(handles[2] as JobHandle)).toMatchObject({ kind: 'queued' });
  await endJob(next, second, handles[1] as JobHandle);
  await hasStarted(third);
  await next.remove(handles[2] as JobHandle);
});

it('never runs more than its limit when several workers submit and look at once', async () => {
  const lab = await QueueLab.open(3);
  const workers = [lab.worker(), lab.worker(), lab.worker()];
  const documents = lab.documents(12);
  const handles = await Promise.all(
    documents.map((document, index) => (workers[index % 3] as JobRunner).submit(document)),
  );
  for (let ended = 0; ended < documents.length; ended += 1) {
    const looks = await Promise.all(
      workers.map((worker) => Promise.all(handles.map((handle) => worker.inspect(handle)))),
    );
    const alive = (looks[0] ?? []).flatMap(({ kind }, index) => (kind === 'running' ? [index] : []));
    expect(alive.length).toBeLessThanOrEqual(3);
    expect(alive.length).toBeGreaterThan(0);
    const index = alive[0] as number;
    await endJob(workers[ended % 3] as JobRunner, documents[index] as JobDocument, handles[index] as JobHandle);
  }
  expect(await Promise.all(documents.map(countRuns))).toEqual(documents.map(() => 1));
});

it('gives the place of a job that is lost, removed or gone to the next', async () => {
  const lab = await QueueLab.open(1);
  const runner = lab.worker();
  const documents = lab.documents(4);
  const [first, second, third, fourth] = documents as [JobDocument, JobDocument, JobDocument, JobDocument];
  const handles = await submitInOrder(runner, documents);
  await lab.forget(third);
  await runner.remove(handles[1] as JobHandle);
  await hasStarted(first);
  await lab.kill(first);
  await vi.waitFor(async () => expect(await runner.inspect(handles[3] as JobHandle)).toEqual(running), waiting);
  expect(await Promise.all([second, third, fourth].map(countRuns))).toEqual([0, 0, expect.any(Number)]);
  expect(await lab.places()).toEqual([fourth.jobName]);
  await runner.remove(handles[3] as JobHandle);
  expect(await lab.places()).toEqual([]);
});

it('tells those who wait, not a job that is over, that the next cannot be started', async () => {
  const lab = await QueueLab.open(1);
  const documents = lab.documents(2);
  const handles = await submitInOrder(lab.worker(), documents);
  const broken = lab.worker('/nowhere/python');
  await endJob(broken, documents[0] as JobDocument, handles[0] as JobHandle);
  await expect(broken.inspect(handles[1] as JobHandle)).rejects.toMatchObject({ failure: 'Unavailable' });
  await lab.worker().remove(handles[1] as JobHandle);
});

it('finds its place again when the queue was lost', async () => {
  const lab = await QueueLab.open(1);
  const documents = lab.documents(2);
  const handles = await submitInOrder(lab.worker(), documents);
  await lab.loseQueue();
  await endJob(lab.worker(), documents[0] as JobDocument, handles[0] as JobHandle);
  await vi.waitFor(async () => expect(await lab.worker().inspect(handles[1] as JobHandle)).toEqual(running), waiting);
  await lab.worker().remove(handles[1] as JobHandle);
});
