import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readJobState } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';
import { exists, jobPaths } from './job-directory.ts';
import { errorCode } from './to-adapter-error.ts';

/** A look at the queue that is no older than this will do for a job that asks whether it still has to wait. */
const freshMs = 200;

export interface JobQueueOptions {
  /** The job directories; the queue is the folder `.queue` among them: one empty file for each job that has not ended, named like it. */
  readonly directory: string;
  readonly maxParallel: number;
  /** Starts a job; returns once it is claimed. */
  readonly launch: (paths: JobPaths) => Promise<unknown>;
}

/**
 * Jobs in the order in which they were submitted, `maxParallel` of them at once. Who waits and who runs is read from the disk each
 * time: nothing is forgotten when a worker dies, and whoever looks next starts the jobs that it has left. Workers that share a
 * directory keep the limit together: all start from the head, and a job is claimed once (jobs/job_launcher.py).
 */
export interface JobQueue {
  /** Gives the job its place; a second call leaves it there. */
  enter(jobName: string): Promise<void>;
  /** For a job that is over or shall not run. */
  leave(jobName: string): Promise<void>;
  /** Starts jobs from the head while there is room. */
  advance(): Promise<void>;
  /** Advances, unless somebody just did; then what the job waits for, in words. A job that has lost its place gets one at the end. */
  reasonToWait(jobName: string): Promise<string>;
}

export function createJobQueue(options: JobQueueOptions): JobQueue {
  const folder = path.join(options.directory, '.queue');
  const advance = coalesced(async () => startFromHead(options, await look(options, folder)));
  return {
    enter: async (jobName) => enter(folder, jobName),
    leave: async (jobName) => rm(path.join(folder, jobName), { force: true }),
    advance: async () => void (await advance(0)),
    reasonToWait: async (jobName) => {
      const seen = await advance(freshMs);
      if (![...seen.running, ...seen.waiting].includes(jobName)) await enter(folder, jobName);
      return reasonOf(seen, jobName, options.maxParallel);
    },
  };
}

/** One call at a time, and one more for all who asked meanwhile; a result younger than what is asked for is given again. */
function coalesced<Result>(work: () => Promise<Result>): (maxAgeMs: number) => Promise<Result> {
  let current: Promise<Result> | null = null;
  let next: Promise<Result> | null = null;
  let endedMs = 0;
  const begin = async (): Promise<Result> => {
    next = null;
    current = work().finally(() => (endedMs = Date.now()));
    return current;
  };
  return async (maxAgeMs) => {
    if (current !== null && next === null && endedMs > 0 && Date.now() - endedMs < maxAgeMs) return current;
    next ??= (current ?? Promise.resolve()).then(begin, begin);
    return next;
  };
}

/** When a file that nobody changes was made is the place of its job. */
async function enter(folder: string, jobName: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(path.join(folder, jobName), '', { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Who runs and who waits, each in the order of submission. */
interface Sighting {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
}

async function look(options: JobQueueOptions, folder: string): Promise<Sighting> {
  const names = await namesInOrder(folder);
  const kinds = await Promise.all(names.map((name) => stateKind(options.directory, name)));
  const of = (kind: string): string[] => names.filter((_name, index) => kinds[index] === kind);
  await Promise.all(of('over').map((name) => rm(path.join(folder, name), { force: true })));
  return { running: of('running'), waiting: of('queued') };
}

async function namesInOrder(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const places = await Promise.all(names.map((name) => placeOf(folder, name)));
  return places
    .filter((place) => place !== null)
    .toSorted((one, other) => Number(one.madeNs - other.madeNs) || one.name.localeCompare(other.name))
    .map(({ name }) => name);
}

async function placeOf(
  folder: string,
  name: string,
): Promise<{ readonly name: string; readonly madeNs: bigint } | null> {
  const found = await stat(path.join(folder, name), { bigint: true }).catch(() => null);
  return found === null ? null : { name, madeNs: found.mtimeNs };
}

async function stateKind(directory: string, name: string): Promise<'queued' | 'running' | 'over'> {
  const paths = jobPaths(directory, name);
  if (!(await exists(paths.document))) return 'over';
  const { kind } = await readJobState(paths);
  return kind === 'queued' || kind === 'running' ? kind : 'over';
}

/** @throws the first reason why a job could not be started; the others were started all the same. */
async function startFromHead({ directory, maxParallel, launch }: JobQueueOptions, seen: Sighting): Promise<Sighting> {
  const room = Math.max(0, maxParallel - seen.running.length);
  const heads = seen.waiting.slice(0, room);
  const starts = await Promise.allSettled(heads.map((name) => launch(jobPaths(directory, name))));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { running: [...seen.running, ...heads], waiting: seen.waiting.slice(room) };
}

function reasonOf({ waiting }: Sighting, jobName: string, maxParallel: number): string {
  const before = Math.max(0, waiting.indexOf(jobName));
  return `waits for one of ${maxParallel} places (jobs.maxParallel), ${before} jobs before it`;
}
