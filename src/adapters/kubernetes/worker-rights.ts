import { z } from 'zod';
import type { KubernetesJobsPlatform } from '../../contracts/platform.ts';
import { AdapterError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiResource, WrapperKind } from './job-kinds.ts';
import { wrapperKindsOf, wrapperResources } from './job-kinds.ts';

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** What the runner asks of the API server for each job, in the namespace of the jobs; deploy/kubernetes/jobs-worker.yaml grants it. */
export const workerRights: readonly Right[] = [
  ...['create', 'get', 'list', 'watch', 'delete'].map((verb) => ({ verb, group: 'batch', resource: 'jobs' }) as const),
  ...['list', 'watch', 'patch'].map((verb) => ({ verb, group: '', resource: 'pods' }) as const),
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  { verb: 'list', group: '', resource: 'events' },
  ...['create', 'get', 'delete'].map((verb) => ({ verb, group: '', resource: 'services' }) as const),
];

const { JobSet, TrainJob, TrainingRuntime } = wrapperResources;

/** What it asks beside that for jobs of other kinds; deploy/kubernetes/jobs-worker-kinds.yaml grants it. */
export const wrapperRights: Readonly<Record<WrapperKind, readonly Right[]>> = {
  JobSet: rightsTo(JobSet, ['create', 'get', 'delete']),
  TrainJob: [...rightsTo(TrainJob, ['create', 'get', 'delete']), ...rightsTo(TrainingRuntime, ['create', 'get'])],
};

function rightsTo({ group, plural }: ApiResource, verbs: readonly string[]): readonly Right[] {
  return verbs.map((verb) => ({ verb, group, resource: plural }));
}

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/**
 * Asks the API server whether we may do what a job will need, so that a worker without rights ends at its start and not in a run.
 * @throws AdapterError `AccessDenied`, with every right that is missing
 */
export async function ensureWorkerRights(client: ApiClient, platform: KubernetesJobsPlatform): Promise<void> {
  const { namespace } = platform;
  const kinds = wrapperKindsOf(platform);
  const rights = [...workerRights, ...kinds.flatMap((kind) => wrapperRights[kind])];
  const answers = await Promise.all(
    rights.map(async (right) => ({ right, isAllowed: await isAllowed(client, namespace, right) })),
  );
  const missing = answers.filter(({ isAllowed: allowed }) => !allowed).map(({ right }) => nameOf(right));
  if (missing.length === 0) return;
  const files = ['jobs-worker.yaml', ...(kinds.length === 0 ? [] : ['jobs-worker-kinds.yaml'])];
  const message = `in namespace ${namespace} this worker may not ${missing.join(', ')}: apply deploy/kubernetes/${files.join(' and ')} there and run as its service account`;
  throw new AdapterError('AccessDenied', message, { system: 'jobs', details: { missing } });
}

async function isAllowed(client: ApiClient, namespace: string, right: Right): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace, ...right } },
  };
  const answer = await client({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body,
  });
  return reviewSchema.parse(JSON.parse(answer.body.toString('utf8'))).status.allowed;
}

function nameOf({ verb, resource, subresource }: Right): string {
  return `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}
