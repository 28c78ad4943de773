import type { WatchEvent } from './watch-event.ts';

interface Identified {
  readonly metadata: { readonly uid: string };
}

/** What a watch knows now. */
export interface WatchedObjects<Item> {
  /** By the UID of the Job that they are, or belong to. */
  readonly byJob: ReadonlyMap<string, readonly Item[]>;
  /** From where the watch goes on; null: it has to list. */
  readonly resourceVersion: string | null;
}

export type JobUidOf<Item> = (item: Item) => string;

/** A list replaces all that was known: what was deleted while nobody watched is gone with it. */
export function afterEvent<Item extends Identified>(
  { byJob }: WatchedObjects<Item>,
  event: WatchEvent<Item>,
  jobUidOf: JobUidOf<Item>,
): WatchedObjects<Item> {
  const { resourceVersion } = event;
  const others = (item: Item): readonly Item[] =>
    (byJob.get(jobUidOf(item)) ?? []).filter(({ metadata }) => metadata.uid !== item.metadata.uid);
  switch (event.kind) {
    case 'listed':
      return { byJob: grouped(event.items, jobUidOf), resourceVersion };
    case 'changed':
      return { byJob: replaced(byJob, jobUidOf(event.item), [...others(event.item), event.item]), resourceVersion };
    case 'deleted':
      return { byJob: replaced(byJob, jobUidOf(event.item), others(event.item)), resourceVersion };
    case 'bookmark':
      return { byJob, resourceVersion };
  }
}

function grouped<Item>(items: readonly Item[], jobUidOf: JobUidOf<Item>): ReadonlyMap<string, readonly Item[]> {
  const byJob = new Map<string, readonly Item[]>();
  for (const item of items) byJob.set(jobUidOf(item), [...(byJob.get(jobUidOf(item)) ?? []), item]);
  return byJob;
}

function replaced<Item>(
  byJob: ReadonlyMap<string, readonly Item[]>,
  jobUid: string,
  items: readonly Item[],
): ReadonlyMap<string, readonly Item[]> {
  const next = new Map(byJob);
  if (items.length === 0) next.delete(jobUid);
  else next.set(jobUid, items);
  return next;
}
