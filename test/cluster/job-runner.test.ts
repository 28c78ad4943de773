import path from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { describeJobRunner } from '../adapters/job-runner.contract.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';

let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(() => closeJobsFolder(root));

describeJobRunner('kubernetes', async () => {
  const { runner } = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
  return { runner, outputRoot: path.join(root, 'output'), clockResolutionMs: 1000 };
});
