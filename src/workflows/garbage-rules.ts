import type { CollectGarbageInput } from '../contracts/garbage.ts';
import { shortestGraceMs } from '../contracts/garbage.ts';

const dayMs = 86_400_000;
const defaults: CollectGarbageInput = { olderThanMs: dayMs, dryRun: true };

/** The input with its defaults, which remove nothing; what is wrong with it in words, naming the field. Sees unchecked JSON. */
export function collectionOf(input: unknown): CollectGarbageInput | string {
  if (typeof input !== 'object' || input === null)
    return `found ${JSON.stringify(input)}; expected an object such as ${example}`;
  const unknown = Object.keys(input).find((name) => !Object.hasOwn(defaults, name));
  if (unknown !== undefined) return `${unknown}: unknown field; known are ${Object.keys(defaults).join(', ')}`;
  const { olderThanMs, dryRun } = { ...defaults, ...input };
  if (!Number.isSafeInteger(olderThanMs) || olderThanMs < shortestGraceMs) {
    return `olderThanMs: found ${JSON.stringify(olderThanMs)}; expected a whole number of milliseconds from ${shortestGraceMs}`;
  }
  if (typeof dryRun !== 'boolean') return `dryRun: found ${JSON.stringify(dryRun)}; expected true or false`;
  return { olderThanMs, dryRun };
}

const example = JSON.stringify(defaults);
