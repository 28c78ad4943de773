import { z } from 'zod';

export interface Listing<Item> {
  /** One page. */
  readonly get: (query: Readonly<Record<string, string>>) => Promise<Buffer | string>;
  readonly query: Readonly<Record<string, string>>;
  readonly item: z.ZodType<Item>;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** Of what the list shows; a watch goes on from there. */
  readonly resourceVersion: string;
}

const pageSize = '500';

/** All pages of a list: the server shows them as of one moment. */
export async function listPages<Item>({ get, query, item }: Listing<Item>): Promise<Listed<Item>> {
  const pageSchema = z.object({
    metadata: z.object({ continue: z.string().default(''), resourceVersion: z.string().default('') }).prefault({}),
    items: z.array(item),
  });
  const items: Item[] = [];
  for (let further: Readonly<Record<string, string>> = {}; ;) {
    const page = pageSchema.parse(JSON.parse((await get({ ...query, limit: pageSize, ...further })).toString()));
    items.push(...page.items);
    if (page.metadata.continue === '') return { items, resourceVersion: page.metadata.resourceVersion };
    further = { continue: page.metadata.continue };
  }
}
