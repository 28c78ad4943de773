import { setCurrentDetails } from '@temporalio/workflow';

import type { CollectGarbageInput, GarbageReport } from '../contracts/garbage.ts';
import { collecting } from './activity-profiles.ts';
import { failWith, namingFailures } from './failure-of.ts';
import { renderGarbageDetails } from './garbage-details.ts';
import { collectionOf } from './garbage-rules.ts';

/**
 * Removes from the object store what no run, release, registered version or base model refers to. Input: one object, e.g.
 * `{"olderThanMs": 86400000, "dryRun": false}`; without `"dryRun": false` it only looks.
 */
export async function collectGarbage(input: Partial<CollectGarbageInput>): Promise<GarbageReport> {
  return namingFailures(async () => collect(checked(input)));
}

async function collect({ olderThanMs, dryRun }: CollectGarbageInput): Promise<GarbageReport> {
  const found = await collecting.findGarbage({ olderThanMs });
  const removed = dryRun ? null : await collecting.removeGarbage({ olderThanMs });
  const report = { olderThanMs, ...found, removed };
  setCurrentDetails(renderGarbageDetails(report));
  return report;
}

function checked(input: Partial<CollectGarbageInput>): CollectGarbageInput {
  const collection = collectionOf(input);
  if (typeof collection === 'string') throw failWith({ name: 'InvalidSpec', message: collection });
  return collection;
}
