import type { JobEnd, StartedJob } from '../contracts/job.ts';
import type { JobRunner, JobTime } from '../ports/job-runner.ts';

/** Exit codes of a job that was asked to stop: checkpoint saved, killed, terminated. */
const stoppedExitCodes: ReadonlySet<number> = new Set([75, 137, 143]);

/**
 * Stops a running job that has run longer than it may; one that got done meanwhile is done. What it waited in a queue does not count,
 * and the clock is the job's own: no restart of a worker sets it back. Null: it may go on.
 */
export async function stopWhenOverdue(
  runner: JobRunner,
  { handle, timeoutSeconds }: StartedJob,
): Promise<JobEnd | null> {
  if (timeoutSeconds === undefined) return null;
  if (!isOverdue(await runner.timeOf(handle), timeoutSeconds, Date.now())) return null;
  await runner.remove(handle);
  const state = await runner.inspect(handle);
  if (state.kind === 'exited' && state.exitCode === 0) return { kind: 'exited', exitCode: 0, logTail: '' };
  return { kind: 'timed-out', timeoutSeconds, logTail: await runner.logTail(handle) };
}

/** What an end means under the deadline: a worker may have died after it had stopped the job, and before it could say so. */
export async function endUnderDeadline(
  runner: JobRunner,
  { handle, timeoutSeconds }: StartedJob,
  end: JobEnd,
): Promise<JobEnd> {
  if (timeoutSeconds === undefined || end.kind !== 'exited' || !stoppedExitCodes.has(end.exitCode)) return end;
  const time = await runner.timeOf(handle);
  if (time?.endedMs == null || !isOverdue(time, timeoutSeconds, time.endedMs)) return end;
  return { kind: 'timed-out', timeoutSeconds, logTail: end.logTail };
}

function isOverdue(time: JobTime | null, timeoutSeconds: number, nowMs: number): boolean {
  return time !== null && nowMs - time.startedMs >= timeoutSeconds * 1000;
}
