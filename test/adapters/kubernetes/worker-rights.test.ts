import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ApiClient } from '../../../src/adapters/kubernetes/api-client.ts';
import type { KubernetesJobsPlatform } from '../../../src/contracts/platform.ts';
import { ensureWorkerRights, workerRights, wrapperRights } from '../../../src/adapters/kubernetes/worker-rights.ts';
import { testPlatform } from './kubernetes-platform.ts';

const platform = { ...testPlatform, namespace: 'lab' };
const withKinds: KubernetesJobsPlatform = { ...platform, stages: { train: { kind: 'TrainJob' } } };

/** An API server that refuses some rights, by verb and resource. */
function refusing(refused: readonly string[]): ApiClient {
  const asked = z.object({
    spec: z.object({
      resourceAttributes: z.object({ namespace: z.literal('lab'), verb: z.string(), resource: z.string() }),
    }),
  });
  return async ({ body }) => {
    const { verb, resource } = asked.parse(body).spec.resourceAttributes;
    const allowed = !refused.includes(`${verb} ${resource}`);
    return { body: Buffer.from(JSON.stringify({ status: { allowed } })), serverMs: 0 };
  };
}

describe('the rights of a worker', () => {
  it('are enough when the API server allows all that the runner asks of it', async () => {
    await expect(ensureWorkerRights(refusing([]), platform)).resolves.toBeUndefined();
  });

  it('are named when they are missing, with what to apply', async () => {
    const refusal = ensureWorkerRights(refusing(['delete jobs', 'list events', 'create trainjobs']), platform);
    await expect(refusal).rejects.toMatchObject({ failure: 'AccessDenied' });
    await expect(refusal).rejects.toThrow(
      'in namespace lab this worker may not delete jobs, list events: apply deploy/kubernetes/jobs-worker.yaml',
    );
  });

  it('are more where the platform names other kinds', async () => {
    const refused = refusing(['delete trainjobs', 'get trainingruntimes', 'get jobsets']);
    await expect(ensureWorkerRights(refused, withKinds)).rejects.toThrow(
      'may not delete trainjobs, get trainingruntimes: apply deploy/kubernetes/jobs-worker.yaml and jobs-worker-kinds.yaml there',
    );
  });

  it.each([
    ['jobs-worker.yaml', workerRights],
    ['jobs-worker-kinds.yaml', Object.values(wrapperRights).flat()],
  ])('are exactly those that the Role in deploy grants: %s', async (file, rights) => {
    const deployed = new URL(`../../../deploy/kubernetes/${file}`, import.meta.url);
    const ruleSchema = z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    });
    const documents = parseAllDocuments(await readFile(deployed, 'utf8')).map((document) => document.toJS() as unknown);
    const roles = documents.flatMap((document) => {
      const role = z.object({ kind: z.literal('Role'), rules: z.array(ruleSchema) }).safeParse(document);
      return role.success ? role.data.rules : [];
    });
    const granted = roles.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    );
    const asked = rights.map(
      ({ verb, group, resource, subresource }) =>
        `${verb} ${group}/${[resource, subresource].filter(Boolean).join('/')}`,
    );
    expect(granted.toSorted()).toEqual(asked.toSorted());
  });
});
