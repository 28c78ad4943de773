import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** Open workflows that are looked at: keys are exchanged one at a time, so the newest few tell. */
const lookedAt = 10;

/**
 * Reads the inputs of the newest open workflows, as this worker's keys allow. A worker with a wrong or missing key must not take tasks: each
 * activity it cannot read would cost an attempt, and a deployment gives up after a few.
 * @throws PayloadKeyError naming the key and what to do
 */
export async function checkPayloadKeys(client: Client): Promise<void> {
  const { namespace, loadedDataConverter } = client.options;
  const query = 'ExecutionStatus = "Running"';
  const open = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: lookedAt });
  for (const { execution } of open.executions ?? []) {
    const input = await inputOf(client, execution ?? {});
    for (const codec of loadedDataConverter.payloadCodecs) await codec.decode(input);
  }
}

type Execution = NonNullable<Parameters<Client['workflowService']['getWorkflowExecutionHistory']>[0]['execution']>;

async function inputOf(client: Client, execution: Execution): Promise<Payload[]> {
  const { namespace } = client.options;
  const first = { namespace, execution, maximumPageSize: 1 };
  const { history } = await client.workflowService.getWorkflowExecutionHistory(first);
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
}
