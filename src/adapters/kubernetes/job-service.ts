import type { Service } from 'kubernetes-types/core/v1.js';
import { jobUidLabel } from './job-metadata.ts';
import type { RenderedJob } from './job-spec.ts';
import { rendezvousPort } from './rendezvous.ts';

/** A Service as it is sent. */
export interface RenderedService extends Service {
  readonly metadata: { readonly name: string } & NonNullable<Service['metadata']>;
}

/**
 * Gives the pods of a Job their names, without an address of its own. The names are there before the pods are ready: they are to find each
 * other first. It goes with its Job.
 */
export function buildJobService({ metadata: { name, labels } }: RenderedJob, jobUid: string): RenderedService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: jobUid }] },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [jobUidLabel]: jobUid },
      ports: [{ name: 'rendezvous', port: rendezvousPort }],
    },
  } satisfies Service;
}
