import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';

import { closedHeader, queryAheadMessage } from '../contracts/query-ahead.ts';

type Activation = ActivateInput['activation'];

/** By which the SDK's core names a query that came without a workflow task. */
const loneQuery = 'legacy_query';

/**
 * Keeps queries from running ahead of the history. A query may reach a worker that does not have the run in memory while events wait for a
 * workflow task (their worker has just died). The SDK then goes through those events for the query, and keeps the run. When their workflow task
 * comes, with an Update or a Signal, the commands of the events stand first in the history; but in a replay, where all of it is one activation,
 * Updates and Signals come first: a run whose commands were made so could never be replayed, and would stand still for ever.
 *
 * Such a query fails, whereupon the SDK forgets the run (docs/decisions/0028-queries-never-run-ahead.md).
 */
export function interceptors(): WorkflowInterceptors {
  let before: Activation | null = null;
  let isAhead = false;
  return {
    internals: [
      {
        activate: (input, next) => {
          const { activation } = input;
          if (isAhead && isRefused(activation)) throw new Error(queryAheadMessage);
          if (before !== null && !isQueryAlone(activation)) isAhead = isBeyond(activation, before);
          if (!isQueryAlone(activation)) before = activation;
          next(input);
        },
      },
    ],
  };
}

function isQueryAlone({ jobs }: Activation): boolean {
  return jobs?.every(({ queryWorkflow }) => queryWorkflow != null) === true;
}

/** To a workflow that is closed no workflow task will come: it may be asked. */
function isRefused({ jobs }: Activation): boolean {
  return (jobs ?? []).some(
    ({ queryWorkflow: query }) => query?.queryId === loneQuery && query.headers?.[closedHeader] === undefined,
  );
}

/** New events without a new workflow task: a task that has started is an event with a time and the history's size, and neither stays as it was. */
function isBeyond(activation: Activation, before: Activation): boolean {
  return (
    activation.isReplaying !== true &&
    Number(activation.historyLength) > Number(before.historyLength) &&
    startOf(activation) === startOf(before)
  );
}

function startOf({ timestamp, historySizeBytes }: Activation): string {
  return [timestamp?.seconds, timestamp?.nanos, historySizeBytes].map(String).join(' ');
}
