import path from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createJobInventoryActivities } from '../../src/activities/job-inventory.ts';
import type { JobDocument } from '../../src/contracts/job.ts';
import { buildJobDocument, hasStarted } from '../adapters/job-runner.contract.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';

let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(() => closeJobsFolder(root));

function documentOf(runId: string): JobDocument {
  return { ...buildJobDocument(path.join(root, 'output'), { wait: true, print: [runId], onSigterm: 75 }), runId };
}

it('jobs are listed with what they hold, and those without a run are stopped, kept and removed', async () => {
  const { runner } = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
  const executions = { isOpen: async ({ workflowId }: { readonly workflowId: string }) => workflowId === 'open' };
  const inventory = createJobInventoryActivities({ runner, executions });
  const documents = [documentOf('open'), documentOf('closed')] as const;
  const [open, closed] = [await runner.submit(documents[0]), await runner.submit(documents[1])];
  await Promise.all(documents.map(hasStarted));
  const rows = new Map((await inventory.listJobs()).map((row) => [row.name, row]));
  const running = { stage: 'train', attempt: 1, state: 'running', gpus: 1 };
  expect(rows.get(open.name)).toMatchObject({ ...running, runId: 'open', isOrphan: false });
  expect(rows.get(closed.name)).toMatchObject({ ...running, runId: 'closed', isOrphan: true });
  expect(await inventory.removeOrphanJobs()).toContainEqual({ name: closed.name, problem: null });
  expect(await runner.inspect(closed)).toEqual({ kind: 'exited', exitCode: 75 });
  expect(await runner.logTail(closed)).toBe('closed');
  expect(await runner.inspect(open)).toEqual({ kind: 'running' });
  await runner.remove(open);
  expect((await inventory.listJobs()).map(({ name }) => name)).not.toContain(open.name);
});
