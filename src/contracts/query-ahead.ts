/** What a query is answered that has come too early: docs/decisions/0028-queries-never-run-ahead.md. */
export const queryAheadMessage =
  'events have happened that no workflow task has brought to this workflow yet: ask again in some seconds';

/** Header of a query to a workflow that is closed, to which no workflow task will come. */
export const closedHeader = 'windlass-closed';

/** An error of a query that has to be asked again. */
export function isQueryAhead(error: unknown): error is Error {
  return error instanceof Error && error.message.includes(queryAheadMessage);
}
