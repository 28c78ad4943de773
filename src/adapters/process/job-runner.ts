import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { JobDocument, JobHandle, JobState } from '../../contracts/job.ts';
import type { ProcessJobsPlatform } from '../../contracts/platform.ts';
import type { JobClock, JobRunner } from '../../ports/job-runner.ts';
import { traceparentOf } from '../trace-context.ts';
import { claimAsRemoved, readClaim, readJobState, readJobTime } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';
import { ensureJobDirectory, exists, jobId, jobPaths } from './job-directory.ts';
import { buildJobEnvironment } from './job-environment.ts';
import { launchJob } from './job-launch.ts';
import { listJobs } from './list-jobs.ts';
import { readLogChunk, readLogTail, readNewestProgress, readProgressChunk } from './job-output.ts';
import type { JobQueue } from './job-queue.ts';
import { createJobQueue } from './job-queue.ts';
import { stopJob } from './job-stop.ts';
import { toAdapterError } from './to-adapter-error.ts';

const defaultGraceMs = 20_000;

export interface ProcessJobRunnerOptions extends ProcessJobsPlatform {
  /** The worker's environment; jobs get the few variables of it that they need. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Time between SIGTERM and SIGKILL; 20 s. */
  readonly graceMs?: number;
}

/**
 * Jobs as local processes in sessions of their own, one directory each; whatever happens to this process, they go on. At most
 * `maxParallel` run at once; the others wait in their queue.
 */
export function createProcessJobRunner(options: ProcessJobRunnerOptions): JobRunner {
  const pathsOf = (handle: JobHandle): JobPaths => jobPaths(options.directory, handle.name);
  const queue = createJobQueue({ ...options, launch: (paths) => launch(options, paths) });
  return {
    submit: (document) =>
      attempt(`submit job ${document.jobName}`, () =>
        submit(queue, jobPaths(options.directory, document.jobName), document),
      ),
    inspect: (handle) => attempt(`inspect job ${handle.name}`, () => inspect(queue, pathsOf(handle), handle)),
    timeOf: (handle) => attempt(`read the times of job ${handle.name}`, () => readClock(pathsOf(handle))),
    list: () => attempt('list jobs', () => listJobs(options.directory)),
    keepLog: async () => {},
    readProgress: (handle, offset) =>
      attempt(`read the progress of job ${handle.name}`, () => readProgressChunk(pathsOf(handle).progress, offset)),
    newestProgress: (handle) =>
      attempt(`read the progress of job ${handle.name}`, () => readNewestProgress(pathsOf(handle).progress)),
    readLog: (handle, offset, maxBytes) =>
      attempt(`read the log of job ${handle.name}`, () => readLogChunk(pathsOf(handle).log, offset, maxBytes)),
    logTail: (handle) => attempt(`read the log of job ${handle.name}`, () => readLogTail(pathsOf(handle).log)),
    remove: (handle) => attempt(`remove job ${handle.name}`, () => remove(queue, pathsOf(handle), options)),
  };
}

async function submit(queue: JobQueue, paths: JobPaths, document: JobDocument): Promise<JobHandle> {
  await ensureJobDirectory(paths, document);
  if ((await readClaim(paths)) === null) {
    await queue.enter(document.jobName);
    await queue.advance();
  }
  return { name: document.jobName, id: await jobId(paths), outputUri: document.output.uri };
}

async function launch(options: ProcessJobRunnerOptions, paths: JobPaths): Promise<void> {
  const document = JSON.parse(await readFile(paths.document, 'utf8')) as JobDocument;
  const packageDirectory = path.resolve(options.packageDirectory);
  const environment = {
    ...buildJobEnvironment(paths, packageDirectory, options.environment),
    TRACEPARENT: traceparentOf(document),
  };
  await launchJob(paths, { python: options.python, stage: document.stage, environment });
}

/** Looking is what moves the queue on: a job that has ended gives its place to the next, a waiting one starts what there is room for. */
async function inspect(queue: JobQueue, paths: JobPaths, { name }: JobHandle): Promise<JobState> {
  if (!(await exists(paths.directory))) return { kind: 'lost', reason: `the job directory ${paths.directory} is gone` };
  const state = await readJobState(paths);
  if (state.kind === 'running') return state;
  if (state.kind !== 'queued') {
    await queue.leave(name);
    // Whether the next one can be started is told to those who wait, not to a job that is over.
    await queue.advance().catch(() => {});
    return state;
  }
  const reason = await queue.reasonToWait(name);
  const now = await readJobState(paths);
  return now.kind === 'queued' ? { kind: 'queued', reason } : now;
}

/** Jobs run by the clock of this machine. */
async function readClock(paths: JobPaths): Promise<JobClock | null> {
  const time = await readJobTime(paths);
  return time === null ? null : { ...time, nowMs: Date.now() };
}

async function remove(queue: JobQueue, paths: JobPaths, options: ProcessJobRunnerOptions): Promise<void> {
  if (!(await exists(paths.directory))) return;
  const claim = (await readClaim(paths)) ?? (await claimAsRemoved(paths));
  if (claim !== null) await stopJob(paths, claim, options.graceMs ?? defaultGraceMs);
  await rm(paths.work, { recursive: true, force: true });
  await queue.leave(path.basename(paths.directory));
}

async function attempt<T>(action: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toAdapterError(error, action);
  }
}
