import type { ReapJobsInput } from '../contracts/job-inventory.ts';

const defaults: ReapJobsInput = { dryRun: true };

/** The input with its default, which removes nothing; what is wrong with it in words, naming the field. Sees unchecked JSON. */
export function reapOrderOf(input: unknown): ReapJobsInput | string {
  if (typeof input !== 'object' || input === null)
    return `found ${JSON.stringify(input)}; expected an object such as ${JSON.stringify(defaults)}`;
  const unknown = Object.keys(input).find((name) => !Object.hasOwn(defaults, name));
  if (unknown !== undefined) return `${unknown}: unknown field; known are ${Object.keys(defaults).join(', ')}`;
  const { dryRun } = { ...defaults, ...input };
  if (typeof dryRun !== 'boolean') return `dryRun: found ${JSON.stringify(dryRun)}; expected true or false`;
  return { dryRun };
}
