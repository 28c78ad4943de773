import { rmSync } from 'node:fs';
import { stopJobs } from '../adapters/process/stop-jobs.ts';
import type { ProcessIdentity } from '../contracts/stack-state.ts';
import type { MarkedProcess } from './process-marks.ts';
import { findMarked, supervisorName } from './process-marks.ts';
import { StackError } from './stack-error.ts';
import type { StackHome } from './stack-home.ts';
import { readState } from './state-file.ts';
import { stopProcesses, waitForEnd } from './stop-processes.ts';

/** Time a job gets to save a training checkpoint. */
export const jobGraceMs = 30_000;
/** The supervisor's own deadlines, one after the other, and some. */
const supervisorTimeoutMs = 100_000;
const leftoverTimeoutMs = 10_000;

/** The oldest supervisor of this home; a younger one gives way. */
export function chooseSupervisor(marked: readonly MarkedProcess[]): MarkedProcess | null {
  const supervisors = marked.filter((entry) => entry.server === supervisorName);
  return supervisors.toSorted(byAge)[0] ?? null;
}

function byAge(left: ProcessIdentity, right: ProcessIdentity): number {
  return left.startTicks - right.startTicks || left.pid - right.pid;
}

/** Waits for a `down` that is under way, so that an `up` right behind it does not mistake it for a running stack. */
export async function awaitStopping(home: StackHome): Promise<void> {
  const supervisor = chooseSupervisor(await findMarked(home.directory));
  if (supervisor === null || readState(home.stateFile)?.phase !== 'stopping') return;
  await waitForEnd([supervisor], supervisorTimeoutMs);
}

/**
 * Stops the supervisor, which stops its servers; then whatever is left of this home, jobs included. Returns how many processes ran.
 * @throws StackError where a process cannot be ended.
 */
export async function stopStack(home: StackHome): Promise<number> {
  const marked = await findMarked(home.directory);
  const supervisors = marked.filter((entry) => entry.server === supervisorName);
  await stopProcesses(supervisors, { signal: 'SIGTERM', timeoutMs: supervisorTimeoutMs });
  await stopLeftovers(home, { jobs: true });
  rmSync(home.stateFile, { force: true });
  return marked.length;
}

/**
 * Ends what a dead supervisor left behind, workers before the servers they use. Jobs may stay: the next jobs worker finds them.
 * @throws StackError where a process cannot be ended.
 */
export async function stopLeftovers(home: StackHome, options: { readonly jobs: boolean }): Promise<number> {
  const found = await findMarked(home.directory);
  const marked = found.filter((entry) => entry.pid !== process.pid && (options.jobs || !entry.isJob));
  await end(marked.filter((entry) => isWorker(entry) && !entry.isJob));
  if (options.jobs) await stopJobs(home.jobs, jobGraceMs);
  await end(marked.filter((entry) => !isWorker(entry) || entry.isJob));
  return marked.length;
}

function isWorker(entry: MarkedProcess): boolean {
  return entry.server.endsWith('-worker');
}

async function end(processes: readonly MarkedProcess[]): Promise<void> {
  const left = await stopProcesses(processes, { signal: 'SIGTERM', timeoutMs: leftoverTimeoutMs });
  if (left.length === 0) return;
  throw new StackError(
    `processes ${left.map(({ pid }) => pid).join(', ')} cannot be ended; end them by hand (kill -9)`,
  );
}
