import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { JobHandle } from '../../contracts/job.ts';
import { readJobState } from './job-claim.ts';
import { exists, jobId, jobPaths } from './job-directory.ts';

const documentSchema = z.object({ runId: z.string(), output: z.object({ uri: z.string() }) });

interface FoundJob {
  readonly handle: JobHandle;
  readonly runId: string;
}

/** Jobs of a job directory that run, or were prepared and may yet be started. */
export async function listUnended(directory: string): Promise<readonly FoundJob[]> {
  const names = await readdir(directory).catch(() => []);
  const jobs = await Promise.all(
    names.filter((name) => !name.startsWith('.')).map((name) => findUnended(directory, name)),
  );
  return jobs.filter((job) => job !== null);
}

async function findUnended(directory: string, name: string): Promise<FoundJob | null> {
  const paths = jobPaths(directory, name);
  if ((await exists(paths.exit)) || !(await exists(paths.document))) return null;
  const { kind } = await readJobState(paths);
  if (kind !== 'running' && kind !== 'queued') return null;
  const { runId, output } = documentSchema.parse(JSON.parse(await readFile(paths.document, 'utf8')));
  return { handle: { name, id: await jobId(paths), outputUri: output.uri }, runId };
}
