import type { KubernetesJobKind, KubernetesJobsPlatform } from '../../contracts/platform.ts';
import { AdapterError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { refusedStatus } from './to-adapter-error.ts';

/** What can stand for a job in place of a Job of its own. */
export type WrapperKind = Exclude<KubernetesJobKind, 'Job'>;

/** A resource of an API group, by its version that we speak. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const trainer = { group: 'trainer.kubeflow.org', version: 'v1alpha1' } as const;

export const wrapperResources = {
  JobSet: { group: 'jobset.x-k8s.io', version: 'v1alpha2', plural: 'jobsets' },
  TrainJob: { ...trainer, plural: 'trainjobs' },
  TrainingRuntime: { ...trainer, plural: 'trainingruntimes' },
} as const satisfies Readonly<Record<WrapperKind | 'TrainingRuntime', ApiResource>>;

/** Whose controllers they are. */
const projects: Readonly<Record<WrapperKind, string>> = { JobSet: 'JobSet', TrainJob: 'Kubeflow Trainer' };

export function versionOf({ group, version }: ApiResource): string {
  return `${group}/${version}`;
}

export function pathOfResource(resource: ApiResource, namespace: string): string {
  return `/apis/${versionOf(resource)}/namespaces/${namespace}/${resource.plural}`;
}

/** All kinds but Job that a platform asks for. */
export function wrapperKindsOf(platform: KubernetesJobsPlatform): readonly WrapperKind[] {
  const kinds = [platform.defaults, ...Object.values(platform.stages)].map(({ kind }) => kind);
  return [...new Set(kinds)].filter((kind) => kind !== undefined && kind !== 'Job');
}

/**
 * Asks whether the cluster knows the kinds of objects that the platform names.
 * @throws AdapterError `InvalidConfig`, naming the first that it does not know
 */
export async function ensureKindsAreServed(client: ApiClient, platform: KubernetesJobsPlatform): Promise<void> {
  for (const kind of wrapperKindsOf(platform)) {
    const version = versionOf(wrapperResources[kind]);
    await client({ method: 'GET', path: `/apis/${version}` }).catch((error: unknown) => {
      throw refusedStatus(error) === 404 ? unknownKind(kind, version) : error;
    });
  }
}

function unknownKind(kind: WrapperKind, version: string): AdapterError {
  const message = `this cluster does not know ${version} ${kind}: install ${projects[kind]} there, or let jobs.defaults.kind and jobs.stages.<stage>.kind be Job`;
  return new AdapterError('InvalidConfig', message, { system: 'jobs' });
}
