import type { EnvVar } from 'kubernetes-types/core/v1.js';
import type { KubernetesJobProfile } from '../../contracts/platform.ts';
import type { JobKind } from '../../contracts/stage.ts';
import { completionIndexKey } from './job-metadata.ts';

/** The usual one of torch's launcher. */
export const rendezvousPort = 29_500;

export interface RendezvousOptions {
  readonly stage: JobKind;
  /** Of the Job. */
  readonly name: string;
  /** Of the Service that gives its pods their names. */
  readonly domain: string;
  readonly profile: KubernetesJobProfile;
}

/** It has several pods, and none of them gets anywhere without the others. */
export function isGang({ nodes }: KubernetesJobProfile): boolean {
  return nodes > 1;
}

/**
 * How the processes of a training find each other: the variables of torch's launcher, as Kubeflow's trainer sets them too. None where
 * there is one process.
 */
export function buildRendezvous({ stage, name, domain, profile }: RendezvousOptions): EnvVar[] {
  const { nodes, gpus } = profile;
  if (stage !== 'train' || Math.max(nodes, gpus) <= 1) return [];
  const hasPeers = isGang(profile);
  return [
    { name: 'PET_NNODES', value: String(nodes) },
    { name: 'PET_NPROC_PER_NODE', value: String(Math.max(1, gpus)) },
    { name: 'PET_NODE_RANK', ...(hasPeers ? { valueFrom: ownIndex } : { value: '0' }) },
    { name: 'PET_MASTER_ADDR', value: hasPeers ? `${name}-0.${domain}` : '127.0.0.1' },
    { name: 'PET_MASTER_PORT', value: String(rendezvousPort) },
  ];
}

/** The Job controller's own variable comes too late in the list to be referred to. */
const ownIndex: NonNullable<EnvVar['valueFrom']> = {
  fieldRef: { fieldPath: `metadata.annotations['${completionIndexKey}']` },
};
