import type { RunStatus, TargetView } from 'windlass';

import type { LoadFigures } from './load.ts';

/** Columns as wide as their widest cell. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map((row) => line(row))].join(
    '\n',
  );
}

export function stageTable(runs: readonly { readonly title: string; readonly status: RunStatus }[]): string {
  const [first] = runs;
  const rows = (first?.status.stages ?? []).map(({ stage }, index) => [
    stage,
    ...runs.map(({ status }) => {
      const entry = status.stages[index];
      return entry === undefined ? '' : `${entry.state} ${seconds(entry.durationMs)}`;
    }),
  ]);
  return renderTable(['stage', ...runs.map(({ title }) => title)], rows);
}

export function releaseTable(view: TargetView): string {
  const rows = view.releases.map(({ sequence, version, kind, by, at }) => [
    String(sequence),
    String(version),
    kind,
    by,
    at.slice(11, 19),
    sequence === view.live?.sequence ? 'live' : '',
  ]);
  return renderTable(['#', 'version', 'how', 'by', 'at', ''], rows);
}

export function loadTable(phases: readonly { readonly title: string; readonly figures: LoadFigures }[]): string {
  const rows = phases.map(({ title, figures }) => [
    title,
    String(figures.sent),
    String(figures.failed),
    milliseconds(figures.p50Ms),
    milliseconds(figures.p99Ms),
    figures.versions.join(', '),
  ]);
  return renderTable(['load', 'sent', 'failed', 'p50', 'p99', 'versions'], rows);
}

function milliseconds(ms: number | null): string {
  return ms === null ? '–' : `${ms} ms`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`;
}
