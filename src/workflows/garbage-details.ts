import type { GarbageReport, StoredCount } from '../contracts/garbage.ts';

/** A collection as Markdown for the Temporal UI. */
export function renderGarbageDetails({ garbage, removed }: GarbageReport): string {
  const done = removed === null ? 'Nothing refers to this; nothing was removed (dry run).' : 'Removed:';
  const rows = (removed ?? garbage).map(
    ({ kind, count, sizeBytes }: StoredCount) => `| ${kind} | ${count} | ${sizeBytes} |`,
  );
  return [done, ['| kind | count | bytes |', '|---|---|---|', ...rows].join('\n')].join('\n\n');
}
