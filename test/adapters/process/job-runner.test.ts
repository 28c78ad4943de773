import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProcessJobRunner } from '../../../src/adapters/process/job-runner.ts';
import type { ProcessJobRunnerOptions } from '../../../src/adapters/process/job-runner.ts';
import type { JobPaths } from '../../../src/adapters/process/job-directory.ts';
import { ensureJobDirectory, jobPaths } from '../../../src/adapters/process/job-directory.ts';
import { stopJobs } from '../../../src/adapters/process/stop-jobs.ts';
import type { JobDocument, JobHandle } from '../../../src/contracts/job.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import {
  buildJobDocument,
  countRuns,
  describeJobRunner,
  goOn,
  hasStarted,
  outputFile,
} from '../job-runner.contract.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/jobs', import.meta.url));
const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
/** The pinned Node, which runs TypeScript as it is. */
const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const waiting = { timeout: 20_000, interval: 25 };
let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'windlass-jobs-')));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function options(): ProcessJobRunnerOptions {
  return {
    runner: 'process',
    python,
    packageDirectory: fixtures,
    directory: path.join(root, 'jobs'),
    environment: process.env,
    maxParallel: 8,
    graceMs: 3000,
  };
}

describeJobRunner('process', () =>
  Promise.resolve({ runner: createProcessJobRunner(options()), outputRoot: path.join(root, 'output') }),
);

describe('the process job runner', () => {
  it('starts one job when two workers submit it ten times each at once', async () => {
    const document = newDocument({ wait: true });
    const workers = [startSubmitter(document, 10), startSubmitter(document, 10)];
    const outputs = await Promise.all(workers.map((worker) => text(worker.stdout)));
    const handles = outputs.flatMap((output) => JSON.parse(output.split('\n')[1] ?? '') as JobHandle[]);
    expect(handles).toHaveLength(20);
    expect(new Set(handles.map((handle) => handle.id)).size).toBe(1);
    await hasStarted(document);
    expect(await countRuns(document)).toBe(1);
    await createProcessJobRunner(options()).remove(handles[0] as JobHandle);
  });

  it('leaves nothing of submitters that were killed before the job had its directory', async () => {
    const document = newDocument({ exitCode: 0 });
    const { directory } = options();
    const drafts = [`.${document.jobName}.draft-killed`, '.job-of-another.draft-now'];
    for (const draft of drafts) await mkdir(path.join(directory, draft, 'work'), { recursive: true });
    await createProcessJobRunner(options()).submit(document);
    const left = (await readdir(directory)).filter((name) => name.includes('.draft-'));
    expect(left).toEqual(['.job-of-another.draft-now']);
    await rm(path.join(directory, '.job-of-another.draft-now'), { recursive: true });
  });

  it('runs a job once when its submitter is killed at any moment and another worker submits again', async () => {
    const runner = createProcessJobRunner(options());
    for (let round = 0; round < 15; round += 1) {
      const document = newDocument({ exitCode: 0 });
      await killSubmitter(startSubmitter(document, 3), round * 6);
      const handle = await runner.submit(document);
      await vi.waitFor(
        async () => expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 0 }),
        waiting,
      );
      expect(await countRuns(document)).toBe(1);
    }
  });

  it('lets a job go on when the worker that started it is gone', async () => {
    const document = newDocument({ wait: true, exitCode: 0 });
    await once(startSubmitter(document, 1), 'close');
    const runner = createProcessJobRunner(options());
    const handle = await runner.submit(document);
    expect(await runner.inspect(handle)).toEqual({ kind: 'running' });
    await goOn(document);
    await vi.waitFor(
      async () => expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 0 }),
      waiting,
    );
    expect(await countRuns(document)).toBe(1);
  });

  it('calls a job lost when its launcher was killed, and its command ends with it', async () => {
    const { runner, document, handle } = await startWaiting({});
    process.kill(await launcherOf(document), 'SIGKILL');
    const lost = { kind: 'lost', reason: expect.stringMatching(/process \d+ is gone without an exit code/) };
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toEqual(lost), waiting);
    const pid = Number(await readFile(outputFile(document, 'runs.txt'), 'utf8'));
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), waiting);
    expect(await runner.submit(document)).toEqual(handle);
    expect(await countRuns(document)).toBe(1);
  });

  it('says 137 when the command itself was killed', async () => {
    const { runner, document, handle } = await startWaiting({});
    process.kill(Number(await readFile(outputFile(document, 'runs.txt'), 'utf8')), 'SIGKILL');
    await vi.waitFor(
      async () => expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 137 }),
      waiting,
    );
  });

  it.each([
    ['{"exitCode": 137, "memoryKills": 1}', { kind: 'exited', exitCode: 137, outOfMemory: true }],
    ['{"exitCode": 137, "memoryKills": 0}', { kind: 'exited', exitCode: 137 }],
    ['{"exitCode": 137}', { kind: 'exited', exitCode: 137 }],
    ['{"exitCode": 0, "memoryKills": 3}', { kind: 'exited', exitCode: 0 }],
  ])('reads %s as the kernel meant it', async (record, state) => {
    const document = newDocument({ exitCode: 0 });
    const runner = createProcessJobRunner(options());
    const handle = await runner.submit(document);
    await vi.waitFor(async () => readFile(pathsOf(document).exit), waiting);
    expect(JSON.parse(await readFile(pathsOf(document).exit, 'utf8'))).toMatchObject({ memoryKills: 0 });
    await writeFile(pathsOf(document).exit, record);
    expect(await runner.inspect(handle)).toEqual(state);
  });

  it('does not take a later process with the same pid for the job', async () => {
    const document = newDocument({});
    await ensureJobDirectory(pathsOf(document), document);
    const stranger = { pid: process.pid, startTicks: 1, bootId: '' };
    await writeFile(pathsOf(document).claim, JSON.stringify(stranger));
    const runner = createProcessJobRunner(options());
    const handle = await runner.submit(document);
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'lost' });
    await runner.remove(handle);
    expect(await isRunning(process.pid)).toBe(true);
    expect(await countRuns(document)).toBe(0);
  });

  it('removes what a job left running outside its process group', async () => {
    const { runner, document, handle } = await startWaiting({ orphan: true });
    const orphan = Number(await readFile(outputFile(document, 'orphan.txt'), 'utf8'));
    expect(await isRunning(orphan)).toBe(true);
    await runner.remove(handle);
    await vi.waitFor(async () => expect(await isRunning(orphan)).toBe(false), waiting);
    expect((await readdir(pathsOf(document).directory)).toSorted()).not.toContain('work');
    expect(await readdir(pathsOf(document).directory)).toContain('log.txt');
  });

  it('starts a job whose submitter died before anything ran, unless it was removed', async () => {
    const runner = createProcessJobRunner(options());
    const [first, second] = [newDocument({ exitCode: 3 }), newDocument({ exitCode: 3 })];
    for (const document of [first, second]) await ensureJobDirectory(pathsOf(document), document);
    const handle = { name: first.jobName, id: '', outputUri: first.output.uri };
    expect(await runner.inspect(handle)).toMatchObject({ kind: 'queued' });
    await runner.submit(first);
    await vi.waitFor(async () => expect(await runner.inspect(handle)).toMatchObject({ exitCode: 3 }), waiting);
    await runner.remove({ ...handle, name: second.jobName });
    expect(await runner.inspect(await runner.submit(second))).toMatchObject({ kind: 'lost' });
    expect(await countRuns(second)).toBe(0);
  });

  it('shows a job the contract and nothing of the worker that it does not need', async () => {
    const environment = {
      PATH: process.env['PATH'],
      HOME: '/home/nobody',
      AWS_REGION: 'eu',
      SECRET_TOKEN: 'no',
      WINDLASS_PAYLOAD_KEYS: 'no',
      WINDLASS_METRICS_ADDRESS: '127.0.0.1:1',
      HF_HUB_OFFLINE: '0',
      // Would have every job compile torch and the like anew: more than half of what its start takes.
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const runner = createProcessJobRunner({ ...options(), environment });
    const document = newDocument({ describe: true });
    await runner.submit(document);
    await hasStarted(document);
    const found = JSON.parse(await readFile(outputFile(document, 'self.json'), 'utf8')) as JsonObject;
    const { directory, document: documentFile, progress, work } = pathsOf(document);
    expect(found).toMatchObject({
      arguments: ['train'],
      directory: work,
      niceness: Math.max(10, getPriority()),
      stdin: '',
    });
    expect(found['environment']).toMatchObject({
      HOME: '/home/nobody',
      AWS_REGION: 'eu',
      HF_HUB_OFFLINE: '0',
      PYTHONPATH: fixtures,
    });
    expect(found['environment']).toMatchObject({
      WINDLASS_JOB: documentFile,
      WINDLASS_PROGRESS: progress,
      WINDLASS_WORK: work,
    });
    expect(JSON.stringify(found['environment'])).not.toMatch(
      /SECRET_TOKEN|WINDLASS_PAYLOAD_KEYS|WINDLASS_METRICS|PYTHONDONTWRITEBYTECODE/u,
    );
    expect(path.dirname(documentFile)).toBe(directory);
  });

  it('stops all jobs of a directory, so that a machine can be left without processes', async () => {
    const directory = path.join(root, 'stopped-jobs');
    const runner = createProcessJobRunner({ ...options(), directory });
    const documents = [newDocument({ wait: true, onSigterm: 75 }), newDocument({ wait: true, onSigterm: 75 })];
    const handles = await Promise.all(documents.map((document) => runner.submit(document)));
    await Promise.all(documents.map(hasStarted));
    expect((await stopJobs(directory, 5000)).toSorted()).toEqual(handles.map((handle) => handle.name).toSorted());
    for (const handle of handles) expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
    expect(await stopJobs(directory, 5000)).toEqual([]);
    expect(await stopJobs(path.join(root, 'no-such-directory'), 5000)).toEqual([]);
  });

  it('says which interpreter is missing', async () => {
    const runner = createProcessJobRunner({ ...options(), python: '/nowhere/python' });
    const refusal = runner.submit(newDocument({}));
    await expect(refusal).rejects.toMatchObject({
      failure: 'Unavailable',
      message: expect.stringContaining('/nowhere/python'),
    });
  });

  it('refuses a job name that is a path', async () => {
    const document = { ...newDocument({}), jobName: '../elsewhere' };
    await expect(createProcessJobRunner(options()).submit(document)).rejects.toMatchObject({
      failure: 'InvalidConfig',
    });
  });

  it('calls a job lost whose directory is gone', async () => {
    await mkdir(options().directory, { recursive: true });
    const handle = { name: 'train-nothing-1', id: '1-1', outputUri: 'file:///nowhere' };
    expect(await createProcessJobRunner(options()).inspect(handle)).toMatchObject({ kind: 'lost' });
    await createProcessJobRunner(options()).remove(handle);
  });
});

function newDocument(parameters: JsonObject): JobDocument {
  return buildJobDocument(path.join(root, 'output'), parameters);
}

function pathsOf(document: JobDocument): JobPaths {
  return jobPaths(options().directory, document.jobName);
}

function startSubmitter(
  document: JobDocument,
  times: number,
): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const script = path.join(fixtures, 'submit-jobs.ts');
  const request = JSON.stringify({ options: { ...options(), environment: {} }, document, times });
  return spawn(node, [script, request], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** kill -9 that long after the process began to submit. */
async function killSubmitter(submitter: ReturnType<typeof startSubmitter>, afterMs: number): Promise<void> {
  const closed = once(submitter, 'close');
  await Promise.race([once(submitter.stdout, 'data'), closed]);
  await delay(afterMs);
  submitter.kill('SIGKILL');
  submitter.stdout.resume();
  await closed;
}

async function launcherOf(document: JobDocument): Promise<number> {
  return (JSON.parse(await readFile(pathsOf(document).claim, 'utf8')) as { readonly pid: number }).pid;
}

/** A process that ended but was not waited for counts as gone. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

interface WaitingJob {
  readonly runner: JobRunner;
  readonly document: JobDocument;
  readonly handle: JobHandle;
}

async function startWaiting(parameters: JsonObject): Promise<WaitingJob> {
  const runner = createProcessJobRunner(options());
  const document = newDocument({ wait: true, ...parameters });
  const handle = await runner.submit(document);
  await hasStarted(document);
  return { runner, document, handle };
}
