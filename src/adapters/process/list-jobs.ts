import { readdir, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { StandingJob } from '../../ports/job-runner.ts';
import { readJobState, readJobTime } from './job-claim.ts';
import type { JobPaths } from './job-directory.ts';
import { exists, jobId, jobPaths } from './job-directory.ts';

const documentSchema = z.object({ runId: z.string(), output: z.object({ uri: z.string() }) });

/** Jobs of a job directory that were not removed: they still have their scratch. */
export async function listJobs(directory: string): Promise<readonly StandingJob[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => !name.startsWith('.'));
  const jobs = await Promise.all(names.map((name) => findStanding(name, jobPaths(directory, name))));
  return jobs.filter((job) => job !== null);
}

async function findStanding(name: string, paths: JobPaths): Promise<StandingJob | null> {
  if (!(await exists(paths.work)) || !(await exists(paths.document))) return null;
  const { runId, output } = documentSchema.parse(JSON.parse(await readFile(paths.document, 'utf8')));
  const state = await readJobState(paths);
  return {
    handle: { name, id: await jobId(paths), outputUri: output.uri },
    runId,
    state,
    category: state.kind,
    submittedMs: Math.round((await stat(paths.document)).mtimeMs),
    time: await readJobTime(paths),
    gpus: 0,
  };
}
