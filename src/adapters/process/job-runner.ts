import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { JobDocument, JobHandle, JobState } from '../../contracts/job.ts';
import type { ProcessJobsPlatform } from '../../contracts/platform.ts';
import type { JobRunner } from '../../ports/job-runner.ts';
import { claimAsRemoved, claimId, readClaim, readJobState } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';
import { ensureJobDirectory, exists, jobPaths } from './job-directory.ts';
import { buildJobEnvironment } from './job-environment.ts';
import { launchJob } from './job-launch.ts';
import { readLogChunk, readLogTail, readProgressChunk } from './job-output.ts';
import { stopJob } from './job-stop.ts';
import { toAdapterError } from './to-adapter-error.ts';

const defaultGraceMs = 20_000;

export interface ProcessJobRunnerOptions extends ProcessJobsPlatform {
  /** The worker's environment; jobs get the few variables of it that they need. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Time between SIGTERM and SIGKILL; 20 s. */
  readonly graceMs?: number;
}

/** Jobs as local processes in sessions of their own, one directory each; whatever happens to this process, they go on. */
export function createProcessJobRunner(options: ProcessJobRunnerOptions): JobRunner {
  const pathsOf = (handle: JobHandle): JobPaths => jobPaths(options.directory, handle.name);
  return {
    submit: (document) => attempt(`submit job ${document.jobName}`, () => submit(options, document)),
    inspect: (handle) => attempt(`inspect job ${handle.name}`, () => inspect(options, handle)),
    readProgress: (handle, offset) =>
      attempt(`read the progress of job ${handle.name}`, () => readProgressChunk(pathsOf(handle).progress, offset)),
    readLog: (handle, offset, maxBytes) =>
      attempt(`read the log of job ${handle.name}`, () => readLogChunk(pathsOf(handle).log, offset, maxBytes)),
    logTail: (handle) => attempt(`read the log of job ${handle.name}`, () => readLogTail(pathsOf(handle).log)),
    remove: (handle) => attempt(`remove job ${handle.name}`, () => remove(options, handle)),
  };
}

async function submit(options: ProcessJobRunnerOptions, document: JobDocument): Promise<JobHandle> {
  const paths = jobPaths(options.directory, document.jobName);
  await ensureJobDirectory(paths, document);
  const claim = (await readClaim(paths)) ?? (await launchJob(paths, launchOptions(options, document)));
  return { name: document.jobName, id: claimId(claim), outputUri: document.output.uri };
}

function launchOptions(options: ProcessJobRunnerOptions, document: JobDocument): Parameters<typeof launchJob>[1] {
  const paths = jobPaths(options.directory, document.jobName);
  const packageDirectory = path.resolve(options.packageDirectory);
  return {
    python: options.python,
    stage: document.stage,
    environment: buildJobEnvironment(paths, packageDirectory, options.environment),
  };
}

async function inspect(options: ProcessJobRunnerOptions, handle: JobHandle): Promise<JobState> {
  const paths = jobPaths(options.directory, handle.name);
  if (await exists(paths.directory)) return readJobState(paths);
  return { kind: 'lost', reason: `the job directory ${paths.directory} is gone` };
}

async function remove(options: ProcessJobRunnerOptions, handle: JobHandle): Promise<void> {
  const paths = jobPaths(options.directory, handle.name);
  if (!(await exists(paths.directory))) return;
  const claim = (await readClaim(paths)) ?? (await claimAsRemoved(paths));
  if (claim !== null) await stopJob(paths, claim, options.graceMs ?? defaultGraceMs);
  await rm(paths.work, { recursive: true, force: true });
}

async function attempt<T>(action: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toAdapterError(error, action);
  }
}
