import { randomBytes } from 'node:crypto';

/** `glossary-20261123-174512-3f9c`: readable in lists, sorted by time, unique. */
export function newRunId(model: unknown, now: Date = new Date()): string {
  const stamp = now
    .toISOString()
    .replaceAll(/[-:]|\..*/g, '')
    .replace('T', '-');
  return `${namePart(model)}-${stamp}-${randomBytes(2).toString('hex')}`;
}

/** Wrong input must still reach the server, which says what is wrong with it. */
function namePart(model: unknown): string {
  return typeof model === 'string' && /^[a-z][a-z0-9-]{0,47}$/.test(model) ? model : 'run';
}
