import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, inject } from 'vitest';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { createJobApi } from '../../src/adapters/kubernetes/job-api.ts';
import { createKubernetesJobRunner } from '../../src/adapters/kubernetes/job-runner.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { createDirectoryStore } from '../../src/adapters/directory/object-store.ts';
import { describeJobRunner } from '../adapters/job-runner.contract.ts';
import { clusterPlatform } from './job-pods.ts';

let root: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'windlass-cluster-jobs-')));
  await chmod(root, 0o755);
  await mkdir(path.join(root, 'output'));
  await chmod(path.join(root, 'output'), 0o777);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describeJobRunner('kubernetes', async () => {
  const outputRoot = path.join(root, 'output');
  const platform = clusterPlatform(inject('kubeconfig'), root);
  const client = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  const api = createJobApi(client, platform.namespace);
  const objects = createDirectoryStore(pathToFileURL(path.join(root, 'store')).href);
  const runner = createKubernetesJobRunner({ platform, api, objects });
  return { runner, outputRoot, clockResolutionMs: 1000 };
});
