import type { GarbageReport, Keeper, StoredCount, StoredKind } from '../../contracts/garbage.ts';
import { durationText, sizeText } from './figures.ts';
import { renderTable } from './text-table.ts';

const kindNames: Readonly<Record<StoredKind, readonly [one: string, many: string]>> = {
  artifact: ['artifact', 'artifacts'],
  record: ['stage record', 'stage records'],
  checkpoint: ['set of training checkpoints', 'sets of training checkpoints'],
  claim: ['claimed stage', 'claimed stages'],
  use: ['note of a use', 'notes of uses'],
  spec: ['run spec', 'run specs'],
  job: ['log of a job', 'logs of jobs'],
  unfinished: ['unfinished write', 'unfinished writes'],
};

const keeperNames: Readonly<Record<Keeper, string>> = {
  release: 'a release of a target',
  'registered-version': 'a registered version',
  'base-model': 'a named base model',
  'open-run': 'a run that is open',
  'closed-run': 'a run that Temporal keeps',
  'grace-period': 'its age',
};

/** What was found, what keeps the rest, and what was done. */
export function garbageLines(report: GarbageReport): readonly string[] {
  const { garbage, kept, removed, olderThanMs } = report;
  return [
    ...(garbage.length === 0
      ? [`nothing is garbage that is older than ${durationText(olderThanMs)}`]
      : [`nothing refers to this, which is older than ${durationText(olderThanMs)}:`, ...table(garbage)]),
    ...(kept.length === 0
      ? []
      : ['', 'kept:', ...renderTable(kept.map((row) => [...cellsOf(row), `by ${keeperNames[row.by]}`]))]),
    ...doneLines(removed, garbage),
  ];
}

function doneLines(removed: GarbageReport['removed'], garbage: readonly StoredCount[]): readonly string[] {
  if (removed === null) return garbage.length === 0 ? [] : ['', 'nothing was removed; do it with --yes'];
  return removed.length === 0 ? ['', 'nothing was removed'] : ['', 'removed:', ...table(removed)];
}

function table(counts: readonly StoredCount[]): readonly string[] {
  return renderTable(counts.map(cellsOf));
}

function cellsOf({ kind, count, sizeBytes }: StoredCount): readonly string[] {
  const [one, many] = kindNames[kind];
  return [`  ${count} ${count === 1 ? one : many}`, sizeText(sizeBytes)];
}
