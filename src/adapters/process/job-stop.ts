import { setTimeout as delay } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import type { JobClaim } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';
import { findByEnvironment, isAlive, signalProcess } from './process-table.ts';

const pollMs = 50;
/** SIGKILL cannot be refused; only a process stuck in the kernel is still there after this. */
const killTimeoutMs = 20_000;

/**
 * Stops a job as Kubernetes does: SIGTERM to its main process (the launcher passes it on), and after the grace SIGKILL to whatever
 * is left of it, children that made themselves independent included. Returns when nothing of it runs.
 */
export async function stopJob(paths: JobPaths, claim: JobClaim, graceMs: number): Promise<void> {
  await signalProcess(claim, 'SIGTERM');
  const graceEndMs = Date.now() + graceMs;
  while (Date.now() < graceEndMs && (await isAlive(claim))) await delay(pollMs);
  await killLeftovers(paths);
}

async function killLeftovers(paths: JobPaths): Promise<void> {
  const deadlineMs = Date.now() + killTimeoutMs;
  for (;;) {
    const leftovers = await findByEnvironment(`WINDLASS_JOB=${paths.document}`);
    if (leftovers.length === 0) return;
    if (Date.now() > deadlineMs)
      throw cannotStop(
        paths,
        leftovers.map((id) => id.pid),
      );
    await Promise.all(leftovers.map((id) => signalProcess(id, 'SIGKILL')));
    await delay(pollMs);
  }
}

function cannotStop(paths: JobPaths, pids: readonly number[]): AdapterError {
  const message = `processes ${pids.join(', ')} of the job in ${paths.directory} are still there ${killTimeoutMs / 1000} s after SIGKILL`;
  return new AdapterError('Unavailable', message, { system: 'jobs', details: { pids } });
}
