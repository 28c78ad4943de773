import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createJobActivities } from '../../src/activities/job-activities.ts';
import { buildJobDocument } from '../../src/activities/job-document.ts';
import { judgeJob } from '../../src/activities/job-verdict.ts';
import { createArtifactStore } from '../../src/adapters/artifacts/artifact-store.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import type { JobEnd } from '../../src/contracts/job.ts';
import { createFakeTracking } from '../fakes/fake-tracking.ts';
import { jobRequest } from '../fakes/job-requests.ts';
import { openClusterJobs } from './cluster-jobs.ts';
import { closeJobsFolder, openJobsFolder } from './jobs-folder.ts';

let root: string;

beforeAll(async () => {
  root = await openJobsFolder();
});
afterAll(() => closeJobsFolder(root));

it('a pod that says nothing for too long is asked to stop, keeps its end, and is tried again', async () => {
  const { runner } = await openClusterJobs({ kubeconfig: inject('kubeconfig'), root });
  const artifacts = createArtifactStore(createDirectoryStore(pathToFileURL(path.join(root, 'output')).href));
  const said = { timeMs: Date.now(), phase: 'train', message: 'step 7/9' };
  const request = jobRequest({ parameters: { wait: true, onSigterm: 75, progress: `${JSON.stringify(said)}\n` } });
  const handle = await runner.submit(buildJobDocument(request, artifacts.objects.rootUri));
  const job = { stage: request.stage, stageKey: request.stageKey, handle, stallSeconds: 5 };
  const executions = { isOpen: async () => true };
  const activities = createJobActivities({ runner, artifacts, tracking: createFakeTracking(), executions });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const end = await environment.run<[], JobEnd, () => Promise<JobEnd>>(async () => activities.awaitJob(job));
  expect(end).toMatchObject({ kind: 'stalled', stallSeconds: 5, progress: 'step 7/9' });
  expect(await runner.inspect(handle)).toEqual({ kind: 'exited', exitCode: 75 });
  const verdict = await judgeJob(artifacts, { ...job, end });
  expect(verdict).toMatchObject({ kind: 'failed', retryable: true, failure: { name: 'JobStalled' } });
  await runner.remove(handle);
});
