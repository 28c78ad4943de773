import { setTimeout as delay } from 'node:timers/promises';
import type { Headers } from '@temporalio/common';

import { closedHeader, isQueryAhead } from '../../contracts/query-ahead.ts';

const againMs = 500;
/** A workflow task that waits for a worker which has died is given to another one after five seconds. */
const patienceMs = 30_000;

interface Query {
  readonly workflowExecution: { readonly workflowId?: string | null; readonly runId?: string | null };
  readonly headers: Headers;
}

/** A client, as far as it is asked here. */
export interface AskedClient {
  readonly workflow: {
    getHandle(
      workflowId: string,
      runId?: string,
    ): { describe(): Promise<{ readonly status: { readonly name: string } }> };
  };
}

/**
 * An interceptor of clients: asks again while a workflow cannot be asked, for its worker has just died. One that was closed in that state
 * stays in it, and may be asked as it is (docs/decisions/0028-queries-never-run-ahead.md).
 */
export function queryAgain(client: () => AskedClient): {
  query<Input extends Query, Answer>(input: Input, next: (input: Input) => Promise<Answer>): Promise<Answer>;
} {
  return {
    query: async (input, next) => {
      const giveUpMs = Date.now() + patienceMs;
      for (;;) {
        try {
          return await next(input);
        } catch (error) {
          if (!isQueryAhead(error) || Date.now() > giveUpMs) throw error;
        }
        if (await isClosed(client(), input)) return next({ ...input, headers: withClosed(input.headers) });
        await delay(againMs);
      }
    },
  };
}

async function isClosed(client: AskedClient, { workflowExecution: { workflowId, runId } }: Query): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId ?? '', runId ?? undefined);
  return (await handle.describe()).status.name !== 'RUNNING';
}

function withClosed(headers: Headers): Headers {
  return { ...headers, [closedHeader]: { metadata: {}, data: new Uint8Array() } };
}
