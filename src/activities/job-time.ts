import { AdapterError } from '../adapters/errors.ts';
import type { JobEnd, JobProgress, StartedJob } from '../contracts/job.ts';
import type { JobClock, JobRunner } from '../ports/job-runner.ts';

/** Exit codes of a job that was asked to stop: checkpoint saved, killed, terminated. */
const stoppedExitCodes: ReadonlySet<number> = new Set([75, 137, 143]);
/** A job that is silent by what has reached us is asked for its last lines no more often. */
const askAgainMs = 5_000;

/** The newest progress line that has reached us, whichever worker read it. */
export interface ToldProgress {
  /** By the job's clock; 0: there was none. */
  readonly progressMs: number;
  /** For people. */
  readonly progress: string;
}

/** A job that did what it may not, and when. */
type Overrun =
  | { readonly kind: 'timed-out'; readonly timeoutSeconds: number }
  | { readonly kind: 'stalled'; readonly stallSeconds: number; readonly progress: string };

/** Ends a running job that has run longer than it may, or said nothing for longer; null: it may go on. */
export type JobTimekeeper = (told: ToldProgress) => Promise<JobEnd | null>;

/**
 * Both limits go by the job's own times: no restart of a worker sets them back, and what the job wrote while no worker looked counts, for it is
 * read before it is judged. What a job waited in a queue does not count. One that got done meanwhile is done.
 */
export function createTimekeeper(runner: JobRunner, job: StartedJob): JobTimekeeper {
  let askAtMs = 0;
  return async (told) => {
    if (job.timeoutSeconds === undefined && job.stallSeconds === undefined) return null;
    const time = await runner.timeOf(job.handle);
    const overrun = time === null ? null : overrunOf(job, { ...told, ...time, atMs: time.nowMs });
    if (time === null || overrun === null) return null;
    if (overrun.kind === 'timed-out') return stop(runner, job, overrun);
    if (Date.now() < askAtMs) return null;
    askAtMs = Date.now() + askAgainMs;
    return (await isSilent(runner, job, time)) ? stop(runner, job, overrun) : null;
  };
}

/** What an end means under the limits: a worker may have died after it had stopped the job, and before it could say so. */
export async function endUnderLimits(
  runner: JobRunner,
  job: StartedJob,
  { end, told }: { readonly end: JobEnd; readonly told: ToldProgress },
): Promise<JobEnd> {
  if (end.kind !== 'exited' || !stoppedExitCodes.has(end.exitCode)) return end;
  const time = await runner.timeOf(job.handle);
  if (time?.endedMs == null) return end;
  const overrun = overrunOf(job, { ...told, ...time, atMs: time.endedMs });
  return overrun === null ? end : { ...overrun, logTail: end.logTail };
}

function overrunOf(
  { timeoutSeconds, stallSeconds }: StartedJob,
  at: ToldProgress & Pick<JobClock, 'startedMs'> & { readonly atMs: number },
): Overrun | null {
  if (timeoutSeconds !== undefined && at.atMs - at.startedMs >= timeoutSeconds * 1000)
    return { kind: 'timed-out', timeoutSeconds };
  if (stallSeconds !== undefined && at.atMs - Math.max(at.startedMs, at.progressMs) >= stallSeconds * 1000)
    return { kind: 'stalled', stallSeconds, progress: at.progress };
  return null;
}

/** What reaches us of a job may be late, or be lost: its own last lines are asked for, and where they cannot be read it is not silent. */
async function isSilent(runner: JobRunner, job: StartedJob, time: JobClock): Promise<boolean> {
  try {
    const newest = await runner.newestProgress(job.handle);
    return overrunOf(job, { ...time, ...toldBy(newest), atMs: time.nowMs }) !== null;
  } catch (error) {
    if (error instanceof AdapterError) return false;
    throw error;
  }
}

function toldBy(newest: JobProgress | null): ToldProgress {
  return { progressMs: newest?.timeMs ?? 0, progress: newest?.message ?? '' };
}

async function stop(runner: JobRunner, { handle }: StartedJob, overrun: Overrun): Promise<JobEnd> {
  await runner.remove(handle);
  const state = await runner.inspect(handle);
  if (state.kind === 'exited' && state.exitCode === 0) return { kind: 'exited', exitCode: 0, logTail: '' };
  return { ...overrun, logTail: await runner.logTail(handle) };
}
