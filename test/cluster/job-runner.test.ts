import path from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { describeJobRunner } from '../adapters/job-runner.contract.ts';
import type { ClusterJobs } from './cluster-jobs.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';

let root: string;
let jobs: ClusterJobs;

beforeAll(async () => {
  root = await openJobsFolder();
  jobs = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
});
afterAll(async () => {
  await jobs.watch.close();
  await closeJobsFolder(root);
});

describeJobRunner('kubernetes', async () => ({
  runner: jobs.runner,
  outputRoot: path.join(root, 'output'),
  clockResolutionMs: 1000,
}));
