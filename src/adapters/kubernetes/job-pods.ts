import { completionIndexKey } from './job-metadata.ts';
import type { ObservedPod } from './observed.ts';

/** The pod that counts for each index, in their order: one that was put back into the queue has had others before. */
export function newestPods(pods: readonly ObservedPod[]): readonly ObservedPod[] {
  const byIndex = Map.groupBy(pods, indexOf);
  return [...byIndex.keys()]
    .toSorted((one, other) => one - other)
    .flatMap((index) => newestOf(byIndex.get(index) ?? []));
}

/** The one that tells what the job does, in its log and by its progress. */
export function leadingPod(pods: readonly ObservedPod[]): ObservedPod | undefined {
  return newestPods(pods).find((pod) => indexOf(pod) === 0);
}

/** The one pod of a Job that is not indexed is the first. */
function indexOf({ metadata }: ObservedPod): number {
  return Number(metadata.annotations[completionIndexKey] ?? 0);
}

function newestOf(pods: readonly ObservedPod[]): readonly ObservedPod[] {
  return pods.toSorted((one, other) => other.metadata.creationTimestamp - one.metadata.creationTimestamp).slice(0, 1);
}
