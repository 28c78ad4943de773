import type { PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { KubernetesJobProfile, KubernetesPodExtras } from '../../contracts/platform.ts';
import { buildContainer, buildVolumes } from './job-container.ts';
import type { JobContainerOptions } from './job-container.ts';
import { buildAffinity, buildTolerations } from './node-affinity.ts';
import { isGang } from './rendezvous.ts';

export interface JobPodOptions extends JobContainerOptions {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly graceSeconds: number;
}

/** The pod of a job under the pod security standard `restricted`; what the platform adds cannot loosen that. */
export function buildPodTemplate(options: JobPodOptions): PodTemplateSpec {
  const { domain, profile, graceSeconds } = options;
  const affinity = buildAffinity(profile);
  return {
    metadata: {
      labels: { ...profile.pod.labels, ...options.labels },
      annotations: { ...profile.pod.annotations, ...options.annotations },
    },
    spec: {
      ...scheduling(profile.pod),
      ...(isGang(profile) ? { subdomain: domain } : {}),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: graceSeconds,
      serviceAccountName: profile.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: buildSecurity(profile),
      tolerations: buildTolerations(profile),
      ...(affinity === undefined ? {} : { affinity }),
      containers: [buildContainer(options)],
      volumes: buildVolumes(profile),
    },
  };
}

function buildSecurity({ runAsUser }: KubernetesJobProfile): NonNullable<PodSpec['securityContext']> {
  return {
    runAsNonRoot: true,
    runAsUser,
    runAsGroup: runAsUser,
    fsGroup: runAsUser,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

const passedOn = [
  'nodeSelector',
  'topologySpreadConstraints',
  'priorityClassName',
  'runtimeClassName',
  'schedulerName',
  'imagePullSecrets',
] as const satisfies readonly (keyof KubernetesPodExtras & keyof PodSpec)[];

/** The fields of the platform that go into the pod as they are. */
function scheduling(pod: KubernetesPodExtras): Partial<PodSpec> {
  return Object.fromEntries(passedOn.flatMap((field) => (pod[field] === undefined ? [] : [[field, pod[field]]])));
}
