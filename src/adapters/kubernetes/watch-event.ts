import { z } from 'zod';
import { refusalToAdapterError } from './to-adapter-error.ts';

/** What a list or a line of a watch says. A resource version is opaque: it is handed back, never compared. */
export type WatchEvent<Item> =
  | { readonly kind: 'listed'; readonly items: readonly Item[]; readonly resourceVersion: string }
  | { readonly kind: 'changed' | 'deleted'; readonly item: Item; readonly resourceVersion: string }
  /** Nothing happened up to here. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

const lineSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});
const versionSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const errorSchema = z.object({ code: z.int().default(500) });

/**
 * @throws AdapterError what the server says instead of an event, with `details.status`: 410 where it does not go on from there
 * @throws Error where the line cannot be read
 */
export function parseWatchEvent<Item>(line: string, item: z.ZodType<Item>): WatchEvent<Item> {
  const { type, object } = lineSchema.parse(JSON.parse(line));
  if (type === 'ERROR') throw toRefusal(object);
  const { resourceVersion } = versionSchema.parse(object).metadata;
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion };
  return { kind: type === 'DELETED' ? 'deleted' : 'changed', item: item.parse(object), resourceVersion };
}

function toRefusal(status: unknown): Error {
  const { code } = errorSchema.parse(status);
  return refusalToAdapterError({ request: 'a Kubernetes watch', status: code, body: JSON.stringify(status) });
}
