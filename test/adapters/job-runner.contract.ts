import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { traceparentOf } from '../../src/adapters/trace-context.ts';
import type { JobDocument, JobHandle } from '../../src/contracts/job.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { JobClock, JobRunner, JobTime, StandingJob } from '../../src/ports/job-runner.ts';

/** A runner whose jobs are `test/fixtures/jobs/windlass_jobs`, and a directory that they can write to. */
export interface JobRunnerUnderTest {
  readonly runner: JobRunner;
  readonly outputRoot: string;
  /** What the runner's times are rounded down to; 1 ms. */
  readonly clockResolutionMs?: number;
}

const waiting = { timeout: 60_000, interval: 25 };

/** What every job runner must do, whatever it starts jobs on. */
export function describeJobRunner(name: string, create: () => Promise<JobRunnerUnderTest>): void {
  describe(`${name} as a job runner`, () => {
    const submitted: { readonly runner: JobRunner; readonly handle: JobHandle }[] = [];

    afterEach(async () => {
      await Promise.all(submitted.splice(0).map(({ runner, handle }) => runner.remove(handle)));
    });

    async function submit(parameters: JsonObject): Promise<JobUnderTest> {
      const { runner, outputRoot, clockResolutionMs = 1 } = await create();
      const document = buildJobDocument(outputRoot, parameters);
      const handle = await runner.submit(document);
      submitted.push({ runner, handle });
      return { runner, document, handle, clockResolutionMs };
    }

    it('runs a job to its exit code', async () => {
      for (const exitCode of [0, 65, 70]) {
        const { runner, handle } = await submit({ exitCode });
        await vi.waitFor(
          async () => expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode }),
          waiting,
        );
      }
    });

    it('hands the trace context of its run and name to a job', async () => {
      const { document } = await submit({ describe: true });
      await hasStarted(document);
      const text = await readFile(outputFile(document, 'self.json'), 'utf8');
      const found = JSON.parse(text) as { readonly environment: Readonly<Record<string, string>> };
      expect(found.environment['TRACEPARENT']).toBe(traceparentOf(document));
    });

    it('adopts the running job when name and document already exist', async () => {
      const job = await submit({ wait: true });
      const again = await job.runner.submit(job.document);
      expect(again).toEqual(job.handle);
      await hasStarted(job.document);
      expect(await job.runner.inspect(again)).toEqual({ kind: 'running' });
      await goOn(job.document);
      await vi.waitFor(async () => expect(await job.runner.inspect(again)).toMatchObject({ exitCode: 0 }), waiting);
      expect(await countRuns(job.document)).toBe(1);
    });

    it('adopts a job that has already ended', async () => {
      const job = await submit({ exitCode: 66 });
      await vi.waitFor(
        async () => expect(await job.runner.inspect(job.handle)).toMatchObject({ exitCode: 66 }),
        waiting,
      );
      expect(await job.runner.submit(job.document)).toEqual(job.handle);
      expect(await countRuns(job.document)).toBe(1);
    });

    it('runs one job when twenty submits race', async () => {
      const { runner, outputRoot } = await create();
      const document = buildJobDocument(outputRoot, { wait: true });
      const handles = await Promise.all(Array.from({ length: 20 }, () => runner.submit(document)));
      submitted.push({ runner, handle: handles[0] as JobHandle });
      expect(new Set(handles.map((handle) => handle.id)).size).toBe(1);
      await hasStarted(document);
      expect(await countRuns(document)).toBe(1);
    });

    it('refuses a name that belongs to another document and says both digests', async () => {
      const job = await submit({ wait: true });
      const other = { ...job.document, parameters: { wait: false } };
      const refusal = await job.runner.submit(other).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ failure: 'Conflict', system: 'jobs' });
      expect(String(refusal).match(/sha256:[0-9a-f]{64}/g)).toHaveLength(2);
    });

    it('hands out progress by offset and leaves a half-written line for later', async () => {
      const first = progressLine(1);
      const job = await submit({ wait: true, progress: `${first}\n{"timeMs": 2, "pha` });
      await hasStarted(job.document);
      const chunk = await job.runner.readProgress(job.handle, 0);
      expect(chunk).toEqual({ lines: [JSON.parse(first)], nextOffset: first.length + 1 });
      expect(await job.runner.readProgress(job.handle, chunk.nextOffset)).toEqual({
        lines: [],
        nextOffset: chunk.nextOffset,
      });
    });

    it('passes over progress lines that are malformed', async () => {
      const text = `not json\n{"timeMs": "late"}\n\n${progressLine(7)}\n`;
      const job = await submit({ wait: true, progress: text });
      await hasStarted(job.document);
      const chunk = await job.runner.readProgress(job.handle, 0);
      expect(chunk).toEqual({ lines: [JSON.parse(progressLine(7))], nextOffset: text.length });
    });

    it('tells the newest progress line by itself, and that there is none', async () => {
      const silent = await submit({ wait: true, print: ['loading'] });
      await hasStarted(silent.document);
      expect(await silent.runner.newestProgress(silent.handle)).toBeNull();
      await silent.runner.remove(silent.handle);
      const job = await submit({ wait: true, progress: `${progressLine(1)}\n${progressLine(2)}\n{"timeMs": 3, "pha` });
      await hasStarted(job.document);
      expect(await job.runner.newestProgress(job.handle)).toEqual(JSON.parse(progressLine(2)));
    });

    it('reads the log by offset without cutting a character', async () => {
      const job = await submit({ print: ['größer', '→ done'], exitCode: 0 });
      await vi.waitFor(async () => expect(await job.runner.logTail(job.handle)).toContain('done'), waiting);
      const pieces: string[] = [];
      for (let offset = 0, nextOffset = -1; ; offset = nextOffset) {
        const chunk = await job.runner.readLog(job.handle, offset, 4);
        nextOffset = chunk.nextOffset;
        if (nextOffset === offset) break;
        pieces.push(chunk.text);
      }
      expect(pieces.join('')).toBe('größer\n→ done\n');
    });

    it('keeps the tail of the log to thirty lines and 4 KB', async () => {
      const short = Array.from({ length: 100 }, (_, index) => `line ${index}`);
      const job = await submit({ print: short });
      await vi.waitFor(
        async () => expect(await job.runner.logTail(job.handle)).toBe(short.slice(-30).join('\n')),
        waiting,
      );
      const long = await submit({ print: ['ü'.repeat(5000), 'the end'] });
      await vi.waitFor(async () => expect(await long.runner.logTail(long.handle)).toContain('the end'), waiting);
      const tail = await long.runner.logTail(long.handle);
      expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4096);
      expect(tail).not.toContain('\uFFFD');
    });

    it('tells for how long a job has run, by its own record, and lists it until it is removed', async () => {
      const beforeMs = Date.now();
      const job = await submit({ wait: true, exitCode: 0 });
      await hasStarted(job.document);
      const running = await job.runner.timeOf(job.handle);
      const number = expect.any(Number) as number;
      expect(running).toEqual({ startedMs: number, endedMs: null, nowMs: number });
      expect(running?.startedMs).toBeGreaterThanOrEqual(beforeMs - job.clockResolutionMs);
      const listed = async (): Promise<StandingJob | undefined> =>
        (await job.runner.list()).find(({ handle }) => handle.name === job.handle.name);
      const { handle, document } = job;
      expect(await listed()).toMatchObject({
        handle,
        runId: document.runId,
        state: { kind: 'running' },
        category: 'running',
        time: recordedOf(running),
      });
      // The clock of file systems and of Kubernetes is coarser than ours.
      expect((await listed())?.submittedMs).toBeGreaterThanOrEqual(beforeMs - 1000);
      await goOn(job.document);
      await vi.waitFor(
        async () => expect(await job.runner.inspect(job.handle)).toMatchObject({ exitCode: 0 }),
        waiting,
      );
      const ended = await job.runner.timeOf(job.handle);
      expect(ended?.startedMs).toBe(running?.startedMs);
      expect(ended?.endedMs).toBeGreaterThanOrEqual(running?.startedMs ?? Infinity);
      expect(await listed()).toMatchObject({ state: { kind: 'exited', exitCode: 0 }, time: recordedOf(ended) });
      await job.runner.remove(job.handle);
      expect(await listed()).toBeUndefined();
    });

    it('lets a job that is removed save its work and end with its own code', async () => {
      const job = await submit({ wait: true, onSigterm: 75 });
      await hasStarted(job.document);
      await job.runner.remove(job.handle);
      expect(await job.runner.inspect(job.handle)).toEqual({ kind: 'exited', exitCode: 75 });
    });

    it('forces a job that ignores SIGTERM, and may be asked to remove it again', async () => {
      const job = await submit({ wait: true, onSigterm: 'ignore', print: ['still here'] });
      await hasStarted(job.document);
      await job.runner.remove(job.handle);
      expect(await job.runner.inspect(job.handle)).not.toEqual({ kind: 'running' });
      await job.runner.remove(job.handle);
      expect(await job.runner.logTail(job.handle)).toContain('still here');
    });
  });
}

/** What stays as it is, whenever it is asked for. */
function recordedOf(time: JobClock | null): JobTime {
  const { nowMs, startedMs, endedMs } = time ?? { nowMs: 0, startedMs: Infinity, endedMs: null };
  expect(nowMs).toBeGreaterThanOrEqual(startedMs);
  return { startedMs, endedMs };
}

interface JobUnderTest {
  readonly runner: JobRunner;
  readonly document: JobDocument;
  readonly handle: JobHandle;
  readonly clockResolutionMs: number;
}

let documentCount = 0;

export function buildJobDocument(outputRoot: string, parameters: JsonObject): JobDocument {
  documentCount += 1;
  const stageKey = `sha256:${createHash('sha256').update(`${outputRoot}${documentCount}`).digest('hex')}` as const;
  const jobName = `train-${stageKey.slice(7, 19)}-1`;
  return {
    schema: 'windlass.job/v1',
    stage: 'train',
    contractVersion: 1,
    jobName,
    runId: 'glossary-1',
    stageKey,
    inputs: {},
    parameters,
    output: { uri: `file://${path.join(outputRoot, jobName)}`, kind: 'checkpoint' },
  };
}

export function outputFile(document: JobDocument, name: string): string {
  return path.join(fileURLToPath(document.output.uri), name);
}

/** Waits until the job has done all but wait and end. */
export async function hasStarted(document: JobDocument): Promise<void> {
  await vi.waitFor(async () => readFile(outputFile(document, 'started.txt')), waiting);
}

export async function goOn(document: JobDocument): Promise<void> {
  await mkdir(fileURLToPath(document.output.uri), { recursive: true });
  await writeFile(outputFile(document, 'go-on'), '');
}

/** How often the command of the job was started. */
export async function countRuns(document: JobDocument): Promise<number> {
  const text = await readFile(outputFile(document, 'runs.txt'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '').length;
}

function progressLine(step: number): string {
  const metrics = { train_loss: 3.5, validation_loss: 'NaN' };
  return JSON.stringify({
    timeMs: 1000 + step,
    phase: 'train',
    step,
    totalSteps: 9,
    message: `step ${step}/9`,
    metrics,
  });
}
