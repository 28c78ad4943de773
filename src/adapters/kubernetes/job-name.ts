import { createHash } from 'node:crypto';

const slugChars = 40;
const hashDigits = 16;
const labelChars = 63;

/**
 * The Job's name: readable, and told apart by a hash of the whole. At most 63 characters, for the Job controller makes it a label.
 */
export function kubernetesName(jobName: string): string {
  const slug = jobName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, slugChars)
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
