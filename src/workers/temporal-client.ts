import { Client, Connection } from '@temporalio/client';

import { clientDataConverter } from '../protocols/temporal/data-converter.ts';
import { queryAgain } from '../protocols/temporal/query-again.ts';
import type { WorkerConfig } from './config.ts';

/** What a worker asks Temporal beside its work: targets, and whether runs are open. */
export async function openClient({ platform, payloadKeys }: WorkerConfig): Promise<Client> {
  const { address, namespace } = platform.temporal;
  const connection = await Connection.connect({ address });
  const dataConverter = clientDataConverter(payloadKeys);
  const interceptors = { workflow: [queryAgain(() => client)] };
  const client: Client = new Client({ connection, namespace, dataConverter, interceptors });
  return client;
}
