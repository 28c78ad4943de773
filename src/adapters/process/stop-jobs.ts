import { readdir } from 'node:fs/promises';
import { readClaim, readJobState } from './job-claim.ts';
import { jobPaths } from './job-directory.ts';
import { stopJob } from './job-stop.ts';

/**
 * Stops every job of a job directory, and returns their names: for a machine that shall be left without processes. The jobs end as
 * preempted, and their runs go on from there when the machine's workers are back.
 */
export async function stopJobs(directory: string, graceMs: number): Promise<readonly string[]> {
  const entries = await readdir(directory).catch(() => []);
  const names = entries.filter((name) => !name.startsWith('.'));
  const stopped = await Promise.all(names.map((name) => stopIfRunning(directory, name, graceMs)));
  return names.filter((_name, index) => stopped[index]);
}

async function stopIfRunning(directory: string, jobName: string, graceMs: number): Promise<boolean> {
  const paths = jobPaths(directory, jobName);
  const claim = await readClaim(paths);
  if (claim === null || (await readJobState(paths)).kind !== 'running') return false;
  await stopJob(paths, claim, graceMs);
  return true;
}
