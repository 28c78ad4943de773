/** Columns padded to their widest cell, parted by two spaces; no spaces at line ends. */
export function renderTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, shownLength(cell));
  }
  return widths;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - shownLength(cell)));
}

/** Code points, not UTF-16 units: enough for names, marks and figures. */
function shownLength(text: string): number {
  return Array.from(text).length;
}
