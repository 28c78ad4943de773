import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with a place `output` in it to which every user may write: jobs are not root. */
export async function openJobsFolder(): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'windlass-cluster-jobs-')));
  await chmod(root, 0o755);
  await mkdir(path.join(root, 'output'));
  await chmod(path.join(root, 'output'), 0o777);
  return root;
}

export async function closeJobsFolder(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
}
