import path from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import { createApiClient } from '../../src/adapters/kubernetes/api-client.ts';
import { serverOfKubeconfig } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { ensureWorkerRights } from '../../src/adapters/kubernetes/worker-rights.ts';
import type { KubernetesJobsPlatform } from '../../src/contracts/platform.ts';
import { testPlatform } from '../adapters/kubernetes/kubernetes-platform.ts';
import { labNamespace, rbac } from './namespace.ts';

const role = `${rbac(labNamespace)}/roles/windlass-jobs-worker`;
const platform: KubernetesJobsPlatform = {
  ...testPlatform,
  namespace: labNamespace,
  stages: { train: { kind: 'TrainJob' }, evaluate: { kind: 'JobSet' } },
};
const waiting = { timeout: 60_000, interval: 200 };

it('a worker that has lost a right names it', async () => {
  const folder = path.dirname(inject('kubeconfig'));
  const worker = createApiClient(await serverOfKubeconfig(path.join(folder, 'worker.kubeconfig')));
  const admin = createApiClient(await serverOfKubeconfig(inject('kubeconfig')));
  await ensureWorkerRights(worker, platform);
  const { rules } = JSON.parse((await admin({ method: 'GET', path: role })).body.toString()) as { rules: unknown[] };
  try {
    await admin({ method: 'PATCH', path: role, body: { rules: rules.slice(1) } });
    await vi.waitFor(
      () =>
        expect(ensureWorkerRights(worker, platform)).rejects.toThrow(
          /may not create jobs, get jobs, list jobs, watch jobs, delete jobs:/u,
        ),
      waiting,
    );
  } finally {
    await admin({ method: 'PATCH', path: role, body: { rules } });
  }
  await vi.waitFor(() => ensureWorkerRights(worker, platform), waiting);
});
