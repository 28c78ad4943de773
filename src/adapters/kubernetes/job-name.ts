import { createHash } from 'node:crypto';

const slugChars = 40;
/** With it, a pod of a JobSet has a name of at most 63 characters up to its thousandth node. */
const wrapperSlugChars = 27;
const hashDigits = 16;
const labelChars = 63;

/**
 * The Job's name: readable, and told apart by a hash of the whole. At most 63 characters, for the Job controller makes it a label.
 */
export function kubernetesName(jobName: string): string {
  return nameOf(jobName, slugChars);
}

/** Of the JobSet or TrainJob that stands for a job. */
export function wrapperName(jobName: string): string {
  return nameOf(jobName, wrapperSlugChars);
}

/** The one replicated Job of a JobSet, by the name that Kubeflow's trainer gives it. */
export const replicatedJobName = 'node';

/** Of the Job that a JobSet makes. */
export function wrappedJobName(jobName: string): string {
  return `${wrapperName(jobName)}-${replicatedJobName}-0`;
}

/** Those that a job's Job may have, whatever was asked to make it. */
export function namesOfJob(jobName: string): readonly string[] {
  return [kubernetesName(jobName), wrappedJobName(jobName)];
}

function nameOf(jobName: string, chars: number): string {
  const slug = jobName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, chars)
    .replaceAll(/^-+|-+$/g, '');
  return `w-${slug}-${shortHash(jobName)}`;
}

/** A label's value: as it is where Kubernetes allows it, else cut and told apart by a hash. */
export function labelValue(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  const slug = text.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/^-+/, '');
  return `${slug.slice(0, labelChars - hashDigits - 1)}-${shortHash(text)}`.replace(/^-/, '');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashDigits);
}
