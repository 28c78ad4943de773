import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { JobExit, JobState } from '../../contracts/job.ts';
import type { JobTime } from '../../ports/job-runner.ts';
import type { JobPaths } from './job-directory.ts';
import { isAlive } from './process-table.ts';
import { errorCode } from './to-adapter-error.ts';

const claimSchema = z.object({
  pid: z.int().nonnegative(),
  startTicks: z.int().nonnegative(),
  /** Identity of the boot; empty where the kernel does not show it. */
  bootId: z.string(),
  startedMs: z.number().exactOptional(),
});

const exitSchema = z.object({
  exitCode: z.int().min(0).max(255),
  endedMs: z.number().exactOptional(),
  /** Processes that the kernel ended for want of memory while the job ran, on the whole machine. */
  memoryKills: z.int().nonnegative().default(0),
});

/** Who runs a job: written by the launcher (jobs/job_launcher.py) before it starts the command, exactly once. */
export type JobClaim = z.infer<typeof claimSchema>;

/** pid 0 stands for "removed before it ever started": no launcher can claim the job any more. */
const tombstone: JobClaim = { pid: 0, startTicks: 0, bootId: '' };

export async function readClaim(paths: JobPaths): Promise<JobClaim | null> {
  const text = await readIfPresent(paths.claim);
  return text === null ? null : claimSchema.parse(JSON.parse(text));
}

/** Keeps a job that nobody claimed from ever starting; the claim that stands afterwards, ours or a launcher's. */
export async function claimAsRemoved(paths: JobPaths): Promise<JobClaim | null> {
  const draft = `${paths.claim}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(tombstone), { flush: true });
  try {
    await link(draft, paths.claim);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readClaim(paths);
}

/**
 * One fresh look. Whether the launcher lives is asked before the exit file is read: a launcher that ends in between has written it.
 */
export async function readJobState(paths: JobPaths): Promise<JobState> {
  const claim = await readClaim(paths);
  if (claim === null) return { kind: 'queued', reason: 'nothing has started it yet' };
  const alive = await isAlive(claim);
  const exit = await readIfPresent(paths.exit);
  if (exit !== null) return { kind: 'exited', ...parseExit(exit) };
  if (alive) return { kind: 'running' };
  return { kind: 'lost', reason: await lossReason(claim) };
}

function parseExit(text: string): JobExit {
  const { exitCode, memoryKills } = exitSchema.parse(JSON.parse(text));
  return exitCode !== 0 && memoryKills > 0 ? { exitCode, outOfMemory: true } : { exitCode };
}

/** When the launcher claimed the job, and when it recorded the exit code. */
export async function readJobTime(paths: JobPaths): Promise<JobTime | null> {
  const claim = await readClaim(paths);
  if (claim?.startedMs === undefined) return null;
  const exit = await readIfPresent(paths.exit);
  const endedMs = exit === null ? undefined : exitSchema.parse(JSON.parse(exit)).endedMs;
  return { startedMs: claim.startedMs, endedMs: endedMs ?? null };
}

async function lossReason(claim: JobClaim): Promise<string> {
  if (claim.pid === tombstone.pid) return 'the job was removed before it started';
  if (claim.bootId !== (await currentBootId()))
    return `the machine was restarted while process ${claim.pid} ran the job`;
  return `process ${claim.pid} is gone without an exit code (kill -9 or out of memory; the kernel log tells)`;
}

async function currentBootId(): Promise<string> {
  return (await readIfPresent('/proc/sys/kernel/random/boot_id'))?.trim() ?? '';
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
