import { Connection } from '@temporalio/client';

export type AttributeType = 'Keyword' | 'Int';

/** `temporal.api.enums.v1.IndexedValueType`. */
const indexedTypes = { Keyword: 2, Int: 3 } as const satisfies Record<AttributeType, number>;

const connectTimeoutMs = 3_000;

/**
 * Has the server know these search attributes; false: it does not answer, or has just been told and is to be asked again. The server's own
 * flag does this for a new database only: a home of an earlier version would never get the attributes that are younger than it.
 */
export async function ensureSearchAttributes(
  address: string,
  wanted: Readonly<Record<string, AttributeType>>,
): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: connectTimeoutMs });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    const missing = Object.entries(wanted).filter(([name]) => customAttributes[name] === undefined);
    if (missing.length === 0) return true;
    const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, indexedTypes[type]]));
    await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
    return false;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
